"""Which variable each one of keras.applications' networks is with us, and which endpoint each of its layers gives."""
import re

LINEAR = {"kernel": "weights", "bias": "biases"}


def leaf(variable):
    return LINEAR.get(variable, variable)


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
        unit = re.fullmatch(r"conv\d_block\d+_(0_conv|1_relu|2_relu|out)", layer)
        if unit is None:
            return ends.get(layer)
        path, module = scope(layer)
        if module == "out":
            return path
        return f"{path}/shortcut" if module == "0_conv" else f"{path}/conv{module[0]}"

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


CASES = {
    "resnet_v2_50": {"model": "ResNet50V2", "side": 96, **resnet_v2("resnet_v2_50")},
}
