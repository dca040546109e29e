"""Which variable each one of keras.applications' VGGs, ResNets v1 and MobileNets is with us, and which endpoint each of their layers gives."""
import re

LINEAR = {"kernel": "weights", "bias": "biases"}


def leaf(variable):
    return LINEAR.get(variable, variable)


def vgg(name):
    """The two of a VGG; the first matrix sees 7 x 7 pixels."""
    dense = {"fc1": "fc6", "fc2": "fc7"}

    def scope(layer):
        found = re.fullmatch(r"block(\d)_conv(\d)", layer)
        return f"{name}/conv{found[1]}/conv{found[1]}_{found[2]}" if found else f"{name}/{dense[layer]}"

    def variable_of(layer, variable):
        return f"{'Predict/logits' if layer == 'predictions' else scope(layer)}/{leaf(variable)}"

    def endpoint_of(layer):
        pool = re.fullmatch(r"block(\d)_pool", layer)
        if pool:
            return f"{name}/pool{pool[1]}"
        if layer == "fc2":
            return "global_pool"
        return scope(layer) if layer == "fc1" or "_conv" in layer else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of, "grids": {f"{name}/fc6/weights": 7}}


def resnet_v1(name):
    """The two of a ResNet v1, but for biases of convolutions, which moving means take in."""
    def scope(layer):
        block, unit, module = re.fullmatch(r"conv(\d)_block(\d+)_(.+)", layer).groups()
        return f"{name}/block{int(block) - 1}/unit_{unit}/bottleneck_v1", module

    def variable_of(layer, variable):
        if layer == "predictions":
            return f"Predict/logits/{leaf(variable)}"
        if variable == "bias":
            return None
        if layer.startswith("conv1_"):
            return f"{name}/conv1/{'weights' if layer == 'conv1_conv' else f'BatchNorm/{variable}'}"
        unit, module = scope(layer)
        own = "shortcut" if module[0] == "0" else f"conv{module[0]}"
        return f"{unit}/{own}/{'weights' if module.endswith('conv') else f'BatchNorm/{variable}'}"

    def endpoint_of(layer):
        ends = {"conv1_relu": f"{name}/conv1", "avg_pool": "global_pool"}
        unit = re.fullmatch(r"conv\d_block(\d+)_(0_bn|1_relu|2_relu|3_bn|out)", layer)
        if unit is None:
            return ends.get(layer)
        path, module = scope(layer)
        if module == "out":
            return path
        if int(unit[1]) > 2:  # of each block's first two units all that is within
            return None
        return f"{path}/shortcut" if module == "0_bn" else f"{path}/conv{module[0]}"

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def mobilenet_v1():
    """The two of a MobileNet."""
    def scope(layer):
        if layer.startswith("conv1"):
            return "Conv2d_0"
        kind, i = re.match(r"conv_(dw|pw)_(\d+)", layer).groups()
        return f"Conv2d_{i}_{'depthwise' if kind == 'dw' else 'pointwise'}"

    def variable_of(layer, variable):
        if layer == "conv_preds":
            return f"Predict/logits/{leaf(variable)}"
        if layer.endswith("_bn"):
            return f"MobilenetV1/{scope(layer)}/BatchNorm/{variable}"
        return f"MobilenetV1/{scope(layer)}/{'depthwise_weights' if '_dw_' in layer else leaf(variable)}"

    def endpoint_of(layer):
        if layer.endswith("_relu"):
            return scope(layer)
        return "global_pool" if layer.startswith("global_average_pooling2d") else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


PARTS = {"expand": "expansion_output", "depthwise": "depthwise_output"}


def unit_of(number, part, variable, family):
    """A variable of a unit, from "expand", "expand_bn", "squeeze_excite_conv_1" and so on."""
    unit = f"{family}/expanded_conv{'' if number == 0 else f'_{number}'}"
    if part.startswith("squeeze_excite"):
        return f"{unit}/squeeze_excite/{'Conv_1' if part.endswith('_1') else 'Conv'}/{leaf(variable)}"
    layer, _, norm = part.partition("_")
    if norm:
        return f"{unit}/{layer}/BatchNorm/{variable}"
    return f"{unit}/{layer}/{'depthwise_weights' if layer == 'depthwise' else leaf(variable)}"


def mobilenet_v2():
    """The two of a MobileNetV2."""
    def place(layer):
        found = re.fullmatch(r"(?:expanded_conv|block_(\d+))_(.+)", layer)
        return found and (int(found[1] or 0), found[2].lower())

    def variable_of(layer, variable):
        beside = {"Conv1": "Conv", "bn_Conv1": "Conv/BatchNorm", "Conv_1": "Conv_1", "Conv_1_bn": "Conv_1/BatchNorm"}
        if layer == "predictions":
            return f"Predict/logits/{leaf(variable)}"
        if layer in beside:
            return f"MobilenetV2/{beside[layer]}/{leaf(variable)}"
        return unit_of(*place(layer), variable, "MobilenetV2")

    def endpoint_of(layer):
        ends = {"Conv1_relu": "layer_1", "out_relu": "layer_19"}
        if layer in ends or layer.startswith("global_average_pooling2d"):
            return ends.get(layer, "global_pool")
        found = place(layer)
        if found is None:
            return None
        number, part = found
        if part in ("project_bn", "add"):  # the latter of the two counts
            return f"layer_{number + 2}"
        return f"layer_{number + 2}/{PARTS[part[:-5]]}" if part in ("expand_relu", "depthwise_relu") else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def mobilenet_v3(units):
    """The two of a MobileNetV3, whose activations are layers without a place in their names."""
    def place(layer):
        found = re.fullmatch(r"expanded_conv(?:_(\d+))?_([a-z].+)", layer)
        return found and (int(found[1] or 0), found[2])

    def variable_of(layer, variable):
        beside = {"conv": "Conv", "conv_bn": "Conv/BatchNorm", "conv_1": "Conv_1", "conv_1_bn": "Conv_1/BatchNorm",
                  "conv_2": "Conv_2"}
        if layer == "logits":
            return f"Predict/logits/{leaf(variable)}"
        if layer in beside:
            return f"MobilenetV3/{beside[layer]}/{leaf(variable)}"
        return unit_of(*place(layer), variable, "MobilenetV3")

    def endpoint_of(layer):
        if layer.startswith("global_average_pooling2d"):
            return f"layer_{units + 3}"
        found = place(layer)
        return f"layer_{found[0] + 2}" if found and found[1] in ("project_bn", "add") else None

    def after(layer):
        """Endpoints of the activation behind a normalization."""
        beside = {"conv_bn": "layer_1", "conv_1_bn": f"layer_{units + 2}", "conv_2": "global_pool"}
        found = place(layer)
        if found and found[1] in ("expand_bn", "depthwise_bn"):
            return f"layer_{found[0] + 2}/{PARTS[found[1][:-3]]}"
        return beside.get(layer)

    return {"variable_of": variable_of, "endpoint_of": endpoint_of, "after": after}
