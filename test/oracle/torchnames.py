"""Which variable each entry of torchvision's and timm's networks is, and which endpoint each of their modules gives."""
import re

NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
LINEAR = {"weight": "weights", "bias": "biases"}


def relu(x):
    return x.relu()


def same(x):
    return x


def resnet_scope(name, kind):
    """The scope of "layer1.0.", our "block1/unit_1/bottleneck_v1"."""
    def scope(match):
        return f"{name}/block{match[1]}/unit_{int(match[2]) + 1}/{kind}"
    return lambda prefix: re.sub(r"^layer(\d)\.(\d+)$", scope, prefix)


def resnet(name, kind):
    """The two of a ResNet of torchvision, or of timm, which has an `se` in each unit and other names of the root's ReLU."""
    scope = resnet_scope(name, kind)
    last = "bn2" if kind == "basic_v1" else "bn3"

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        if path == "fc":
            return f"Predict/logits/{LINEAR[leaf]}"
        if "." not in path:  # the root
            return f"{name}/conv1/weights" if path == "conv1" else f"{name}/conv1/BatchNorm/{NORM[leaf]}"
        unit, module = re.match(r"(layer\d\.\d+)\.(.+)", path).groups()
        if module.startswith("se."):
            return f"{scope(unit)}/squeeze_excite/{'Conv' if module == 'se.fc1' else 'Conv_1'}/{LINEAR[leaf]}"
        if module.startswith("downsample."):
            return f"{scope(unit)}/shortcut/{'weights' if module.endswith('.0') else 'BatchNorm/' + NORM[leaf]}"
        layer = f"{scope(unit)}/conv{module[-1]}"
        return f"{layer}/weights" if module.startswith("conv") else f"{layer}/BatchNorm/{NORM[leaf]}"

    def endpoint_of(path):
        if path == "bn1":
            return f"{name}/conv1", relu
        if re.fullmatch(r"layer\d", path):
            return f"{name}/block{path[-1]}", same
        if re.fullmatch(r"layer\d\.\d+", path):
            return scope(path), same
        if re.fullmatch(r"layer[23]\.[01]\.(bn\d|downsample)", path):
            unit, module = path.rsplit(".", 1)
            ending = "shortcut" if module == "downsample" else f"conv{module[-1]}"
            return f"{scope(unit)}/{ending}", same if module in (last, "downsample") else relu
        return ("global_pool", same) if path in ("avgpool", "global_pool") else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def resnetv2(name):
    """The two of timm's resnetv2_50, whose last convolutions of units and shortcuts have no biases."""
    def scope(match):
        return f"{name}/block{int(match[1]) + 1}/unit_{int(match[2]) + 1}/bottleneck_v2"

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        if path == "head.fc":
            return f"Predict/logits/{LINEAR[leaf]}"
        if path == "stem.conv":
            return f"{name}/conv1/weights"
        if path == "norm":
            return f"{name}/postnorm/{NORM[leaf]}"
        path = re.sub(r"^stages\.(\d)\.blocks\.(\d+)", scope, path)
        unit, module = path.split(".", 1)
        if module == "downsample.conv":
            return f"{unit}/shortcut/weights"
        if module.startswith("conv"):
            return f"{unit}/{module}/weights"
        places = {"norm1": "preact", "norm2": "conv1/BatchNorm", "norm3": "conv2/BatchNorm"}
        return f"{unit}/{places[module]}/{NORM[leaf]}"

    def endpoint_of(path):
        if re.fullmatch(r"stages\.\d\.blocks\.\d+", path):
            return re.sub(r"^stages\.(\d)\.blocks\.(\d+)$", scope, path), same
        if re.fullmatch(r"stages\.\d", path):
            return f"{name}/block{int(path[-1]) + 1}", same
        ends = {"stem.conv": f"{name}/conv1", "head.global_pool": "global_pool"}
        return (ends[path], same) if path in ends else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def efficientnet_timm(name):
    """The two of timm's EfficientNets, of both paddings."""
    def scope(path):
        match = re.match(r"blocks\.(\d)\.(\d+)(?:\.(.+))?$", path)
        return match and (f"{name}/block{int(match[1]) + 1}/unit_{int(match[2]) + 1}", match[1] == "0", match[3])

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        ends = {"conv_stem": "stem", "bn1": "stem", "conv_head": "head", "bn2": "head"}
        if path == "classifier":
            return f"Predict/logits/{LINEAR[leaf]}"
        if path in ends:
            return f"{name}/{ends[path]}/" + ("weights" if path.startswith("conv") else f"BatchNorm/{NORM[leaf]}")
        unit, is_first, module = scope(path)
        if module.startswith("se."):
            return f"{unit}/squeeze_excite/{'Conv' if module == 'se.conv_reduce' else 'Conv_1'}/{LINEAR[leaf]}"
        if module == "conv_dw":
            return f"{unit}/depthwise/depthwise_weights"
        # the first block's units do not expand, and number their layers otherwise
        layers = {"conv_pw": "expand", "bn1": "expand", "bn2": "depthwise", "conv_pwl": "project", "bn3": "project"}
        plain = {"bn1": "depthwise", "conv_pw": "project", "bn2": "project"}
        layer = (plain if is_first else layers)[module]
        return f"{unit}/{layer}/" + ("weights" if module.startswith("conv") else f"BatchNorm/{NORM[leaf]}")

    def endpoint_of(path):
        ends = {"bn1": f"{name}/stem", "bn2": f"{name}/head", "global_pool": "global_pool"}
        if path in ends:
            return ends[path], same
        found = scope(path)
        return (found[0], same) if found and found[2] is None else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def efficientnet_torchvision(name):
    """The two of torchvision's EfficientNets, whose units count their layers."""
    def scope(path):
        match = re.match(r"features\.([1-7])\.(\d+)(?:\.block\.(.+))?$", path)
        return match and (f"{name}/block{match[1]}/unit_{int(match[2]) + 1}", match[1] == "1", match[3])

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        if path == "classifier.1":
            return f"Predict/logits/{LINEAR[leaf]}"
        end = re.fullmatch(r"features\.(0|8)\.([01])", path)
        if end:
            layer = f"{name}/{'stem' if end[1] == '0' else 'head'}"
            return f"{layer}/weights" if end[2] == "0" else f"{layer}/BatchNorm/{NORM[leaf]}"
        unit, is_first, module = scope(path)
        number, part = module.split(".", 1)
        layer = (["depthwise", "squeeze_excite", "project"] if is_first
                 else ["expand", "depthwise", "squeeze_excite", "project"])[int(number)]
        if layer == "squeeze_excite":
            return f"{unit}/{layer}/{'Conv' if part == 'fc1' else 'Conv_1'}/{LINEAR[leaf]}"
        if part == "1":
            return f"{unit}/{layer}/BatchNorm/{NORM[leaf]}"
        return f"{unit}/{layer}/" + ("depthwise_weights" if layer == "depthwise" else "weights")

    def endpoint_of(path):
        ends = {"features.0": f"{name}/stem", "features.8": f"{name}/head", "avgpool": "global_pool"}
        if path in ends:
            return ends[path], same
        found = scope(path)
        return (found[0], same) if found and found[2] is None and re.fullmatch(r"features\.\d\.\d+", path) else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def convnext_timm(name):
    """The two of timm's ConvNeXts."""
    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        ends = {"stem.0": "stem", "stem.1": "stem/LayerNorm", "head.norm": "head/LayerNorm"}
        if path == "head.fc":
            return f"Predict/logits/{LINEAR[leaf]}"
        if path in ends:
            return f"{name}/{ends[path]}/{(NORM if 'LayerNorm' in ends[path] else LINEAR)[leaf]}"
        shrink = re.fullmatch(r"stages\.(\d)\.downsample\.([01])", path)
        if shrink:
            layer = f"{name}/block{int(shrink[1]) + 1}/downsample"
            return f"{layer}/LayerNorm/{NORM[leaf]}" if shrink[2] == "0" else f"{layer}/{LINEAR[leaf]}"
        stage, block, rest = re.fullmatch(r"stages\.(\d)\.blocks\.(\d+)\.(.+)", key).groups()
        unit = f"{name}/block{int(stage) + 1}/unit_{int(block) + 1}"
        if rest == "gamma":
            return f"{unit}/layer_scale/gamma"
        if rest.startswith("norm."):
            return f"{unit}/LayerNorm/{NORM[leaf]}"
        if rest.startswith("conv_dw."):
            return f"{unit}/depthwise/{'depthwise_weights' if leaf == 'weight' else 'biases'}"
        return f"{unit}/{'expand' if rest.startswith('mlp.fc1') else 'project'}/{LINEAR[leaf]}"

    def endpoint_of(path):
        unit = re.fullmatch(r"stages\.(\d)\.blocks\.(\d+)", path)
        if unit:
            return f"{name}/block{int(unit[1]) + 1}/unit_{int(unit[2]) + 1}", same
        if re.fullmatch(r"stages\.\d", path):
            return f"{name}/block{int(path[-1]) + 1}", same
        ends = {"stem": f"{name}/stem", "head.norm": "global_pool"}
        return (ends[path], same) if path in ends else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def convnext_torchvision(name):
    """The two of torchvision's ConvNeXts: features 0, 2, 4, 6 make images smaller, 1, 3, 5, 7 are the blocks."""
    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        ends = {"features.0.0": "stem", "features.0.1": "stem/LayerNorm", "classifier.0": "head/LayerNorm"}
        if path == "classifier.2":
            return f"Predict/logits/{LINEAR[leaf]}"
        if path in ends:
            return f"{name}/{ends[path]}/{(NORM if 'LayerNorm' in ends[path] else LINEAR)[leaf]}"
        shrink = re.fullmatch(r"features\.([246])\.([01])", path)
        if shrink:
            layer = f"{name}/block{int(shrink[1]) // 2 + 1}/downsample"
            return f"{layer}/LayerNorm/{NORM[leaf]}" if shrink[2] == "0" else f"{layer}/{LINEAR[leaf]}"
        stage, block, rest = re.fullmatch(r"features\.([1357])\.(\d+)\.(.+)", key).groups()
        unit = f"{name}/block{int(stage) // 2 + 1}/unit_{int(block) + 1}"
        if rest == "layer_scale":
            return f"{unit}/layer_scale/gamma"
        layer = {"0": "depthwise", "2": "LayerNorm", "3": "expand", "5": "project"}[rest.split(".")[1]]
        if layer == "depthwise" and leaf == "weight":
            return f"{unit}/depthwise/depthwise_weights"
        return f"{unit}/{layer}/{(NORM if layer == 'LayerNorm' else LINEAR)[leaf]}"

    def endpoint_of(path):
        unit = re.fullmatch(r"features\.([1357])\.(\d+)", path)
        if unit:
            return f"{name}/block{int(unit[1]) // 2 + 1}/unit_{int(unit[2]) + 1}", same
        if re.fullmatch(r"features\.[1357]", path):
            return f"{name}/block{int(path[-1]) // 2 + 1}", same
        ends = {"features.0": f"{name}/stem", "classifier.0": "global_pool"}
        return (ends[path], same) if path in ends else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def googlenet():
    """The two of torchvision's GoogLeNet, whose modules begin with a where TF-Slim's begin with b."""
    root = {"conv1": "Conv2d_1a_7x7", "conv2": "Conv2d_2b_1x1", "conv3": "Conv2d_2c_3x3"}
    pools = {"maxpool1": "MaxPool_2a_3x3", "maxpool2": "MaxPool_3a_3x3", "maxpool3": "MaxPool_4a_3x3",
             "maxpool4": "MaxPool_5a_2x2"}

    def module(match):
        return f"Mixed_{match[1]}{chr(ord(match[2]) + 1)}"

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        if path == "fc":
            return f"Predict/logits/{LINEAR[leaf]}"
        path, kind = path.rsplit(".", 1)
        if path not in root:
            block, branch, place = re.fullmatch(r"(.+)\.branch(\d)(?:\.(\d))?", path).groups()
            mixed = re.sub(r"inception(\d)(\w)", module, block)
            is_second = place == "1"
            first = "a" if not is_second or (mixed == "Mixed_5b" and branch == "3") else "b"
            side = "3x3" if is_second and branch != "4" else "1x1"
            path = f"{mixed}/Branch_{int(branch) - 1}/Conv2d_0{first}_{side}"
        path = f"InceptionV1/{root.get(path, path)}"
        return f"{path}/weights" if kind == "conv" else f"{path}/BatchNorm/{NORM[leaf]}"

    def endpoint_of(path):
        if re.fullmatch(r"inception\d\w", path):
            return re.sub(r"inception(\d)(\w)", module, path), same
        if f"{path[:-3]}" in root and path.endswith(".bn"):
            return root[path[:-3]], relu
        ends = {**pools, "avgpool": "global_pool"}
        return (ends[path], same) if path in ends else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}
