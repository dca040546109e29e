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


CASES = {
    ("resnet_v1_18", "torchvision"): {"model": "resnet18", "side": 96, **resnet("resnet_v1_18", "basic_v1")},
    ("resnet_v1_34", "torchvision"): {"model": "resnet34", "side": 97, **resnet("resnet_v1_34", "basic_v1")},
    ("resnet_v1_18", "timm"): {"model": "resnet18", "side": 64, **resnet("resnet_v1_18", "basic_v1")},
    ("wide_resnet50_2", "torchvision"): {
        "model": "wide_resnet50_2", "side": 64, **resnet("wide_resnet50_2", "bottleneck_v1")},
    ("wide_resnet101_2", "timm"): {
        "model": "wide_resnet101_2", "side": 64, **resnet("wide_resnet101_2", "bottleneck_v1")},
    ("seresnet50", "timm"): {"model": "seresnet50", "side": 96, **resnet("seresnet50", "bottleneck_v1")},
    ("resnet_v2_50", "timm"): {"model": "resnetv2_50", "side": 96, **resnetv2("resnet_v2_50")},
}
