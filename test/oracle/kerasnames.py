"""Which variable each one of keras.applications' networks is with us, and which endpoint each of its layers gives."""
import re

import kerasmobile
from inceptionnames import KERAS_CASES
from kerasmobile import leaf


def resnet_v2(name):
    """The two of a ResNet v2."""
    def scope(layer):
        block, unit, module = re.fullmatch(r"conv(\d)_block(\d+)_(.+)", layer).groups()
        return f"{name}/block{int(block) - 1}/unit_{unit}/bottleneck_v2", module

    def variable_of(layer, variable):
        if layer == "predictions":
            return f"Predict/logits/{leaf(variable)}"
        if layer == "conv1_conv":
            return f"{name}/conv1/{leaf(variable)}"
        if layer == "post_bn":
            return f"{name}/postnorm/{variable}"
        unit, module = scope(layer)
        places = {"preact_bn": "preact", "0_conv": "shortcut", "1_bn": "conv1/BatchNorm", "2_bn": "conv2/BatchNorm"}
        return f"{unit}/{places.get(module, 'conv' + module[0])}/{leaf(variable)}"

    def endpoint_of(layer):
        ends = {"conv1_conv": f"{name}/conv1", "avg_pool": "global_pool"}
        unit = re.fullmatch(r"conv\d_block(\d+)_(0_conv|1_relu|2_relu|out)", layer)
        if unit is None:
            return ends.get(layer)
        path, module = scope(layer)
        if int(unit[1]) > 2 and module != "out":  # of each block's first two units all that is within
            return None
        if module == "out":
            return path
        return f"{path}/shortcut" if module == "0_conv" else f"{path}/conv{module[0]}"

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def efficientnet(name):
    """The two of an EfficientNet."""
    places = {"expand_conv": "expand", "expand_bn": "expand/BatchNorm", "dwconv": "depthwise", "bn": "depthwise/BatchNorm",
              "se_reduce": "squeeze_excite/Conv", "se_expand": "squeeze_excite/Conv_1", "project_conv": "project",
              "project_bn": "project/BatchNorm"}

    def scope(layer):
        match = re.fullmatch(r"block(\d)([a-z])_(.+)", layer)
        return match and (f"{name}/block{match[1]}/unit_{ord(match[2]) - 96}", match[3])

    def variable_of(layer, variable):
        if layer == "predictions":
            return f"Predict/logits/{leaf(variable)}"
        if layer.startswith("normalization"):
            return None
        ends = {"stem_conv": "stem", "stem_bn": "stem/BatchNorm", "top_conv": "head", "top_bn": "head/BatchNorm"}
        if layer in ends:
            return f"{name}/{ends[layer]}/{leaf(variable)}"
        unit, module = scope(layer)
        return f"{unit}/{places[module]}/" + ("depthwise_weights" if module == "dwconv" else leaf(variable))

    def endpoint_of(layer):
        ends = {"stem_activation": f"{name}/stem", "top_activation": f"{name}/head", "avg_pool": "global_pool"}
        found = scope(layer)
        return found[0] if found and found[1] == "add" else ends.get(layer)

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


UNITS = [(block, unit) for block, count in enumerate((3, 3, 9, 3), 1) for unit in range(1, count + 1)]


def convnext(name):
    """The two of a ConvNeXt; its stem and its downsampling are models within the model."""
    def variable_of(layer, variable):
        layer = layer.removeprefix(f"{name}_")
        norm = layer.endswith("layernorm") or "layernorm_" in layer
        end = variable if norm else leaf(variable)
        if layer == "head_dense":
            return f"Predict/logits/{end}"
        if layer in ("stem_conv", "stem_layernorm", "head_layernorm"):
            return f"{name}/{layer.split('_')[0]}/{'LayerNorm/' if norm else ''}{end}"
        shrink = re.fullmatch(r"downsampling_(conv|layernorm)_(\d)", layer)
        if shrink:
            return f"{name}/block{int(shrink[2]) + 2}/downsample/{'LayerNorm/' if norm else ''}{end}"
        stage, block, module = re.fullmatch(r"stage_(\d)_block_(\d+)_(.+)", layer).groups()
        unit = f"{name}/block{int(stage) + 1}/unit_{int(block) + 1}"
        if module == "depthwise_conv":
            return f"{unit}/depthwise/{'depthwise_weights' if variable == 'kernel' else 'biases'}"
        places = {"layernorm": "LayerNorm", "pointwise_conv_1": "expand", "pointwise_conv_2": "project"}
        return f"{unit}/layer_scale/gamma" if module == "layer_scale" else f"{unit}/{places[module]}/{end}"

    def endpoint_of(layer):
        ends = {f"{name}_stem": f"{name}/stem", f"{name}_head_layernorm": "global_pool"}
        sum_of = re.fullmatch(r"add(?:_(\d+))?", layer)  # what no layer is: counted over all blocks
        if sum_of is None:
            return ends.get(layer)
        block, unit = UNITS[int(sum_of[1] or 0)]
        return f"{name}/block{block}/unit_{unit}"

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


CASES = {
    **KERAS_CASES,
    **{f"resnet_v2_{depth}": {"model": f"ResNet{depth}V2", "side": 96, **resnet_v2(f"resnet_v2_{depth}")}
       for depth in (50, 101, 152)},
    **{f"resnet_v1_{depth}": {"model": f"ResNet{depth}", "side": 96, **kerasmobile.resnet_v1(f"resnet_v1_{depth}")}
       for depth in (50, 101, 152)},
    **{f"vgg_{depth}": {
        "model": f"VGG{depth}", "side": 224, "batch": 1, "scale": 1 / 64, **kerasmobile.vgg(f"vgg_{depth}")} for depth in (16, 19)},
    **{f"mobilenet_v1{ending}": {
        "model": "MobileNet", "side": 96, "scale": 1 / 64, "options": {"alpha": alpha}, **kerasmobile.mobilenet_v1()}
        for ending, alpha in (("", 1.0), ("_075", 0.75), ("_050", 0.5), ("_025", 0.25))},
    **{f"mobilenet_v2{ending}": {
        "model": "MobileNetV2", "side": 96, "scale": 1 / 64, "options": {"alpha": alpha}, **kerasmobile.mobilenet_v2()}
        for ending, alpha in (("", 1.0), ("_140", 1.4), ("_035", 0.35))},
    **{f"mobilenet_v3_{size}": {
        "model": f"MobileNetV3{size.title()}", "side": 96, "scale": 1 / 64, "options": {"include_preprocessing": False},
        **kerasmobile.mobilenet_v3(units)} for size, units in (("large", 15), ("small", 11))},
    **{f"efficientnet_b{i}": {
        "model": f"EfficientNetB{i}", "side": 96, "scale": 1 / 64, "times": 255.0,
        "options": {"name": f"efficientnetb{i}"}, **efficientnet(f"efficientnet_b{i}")} for i in range(4)},
    "convnext_tiny": {
        "model": "ConvNeXtTiny", "side": 96, "scale": 1 / 64, "options": {"include_preprocessing": False},
        **convnext("convnext_tiny")},
}
