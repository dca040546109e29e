"""Which variable each entry of others' Inceptions is, and which endpoint each of their parts gives: layers by their order.

The order is TF-Slim's, of test/fixtures/nets/<architecture>.slim.json, which inceptions.py makes.
"""
import json
import re

from patterns import FIXTURES

NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
LINEAR = {"weight": "weights", "bias": "biases", "kernel": "weights"}


def scopes_of(architecture):
    table = json.loads((FIXTURES / "nets" / f"{architecture}.slim.json").read_text())["table"]
    return [scope for scope in table["scopes"] if "/AuxLogits/" not in scope]


def same(x):
    return x


def torch_inception(architecture, head, ends):
    """The two of torchvision's and timm's, whose modules are registered in the order of computation."""
    found, scopes = {}, []

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        if path == head:
            return f"Predict/logits/{LINEAR[leaf]}"
        layer = re.sub(r"\.(conv|bn)$", "", path)
        if not found:
            scopes.extend(scopes_of(architecture))
        if layer not in found:
            found[layer] = scopes.pop(0)
        return f"{found[layer]}/BatchNorm/{NORM[leaf]}" if path.endswith(".bn") else f"{found[layer]}/{LINEAR[leaf]}"

    def endpoint_of(path):
        return (ends[path], same) if path in ends else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


V3 = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3",
      *(f"Mixed_{name}" for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"))]
V3_ENDS = {
    **{name: name for name in V3}, "maxpool1": "MaxPool_3a_3x3", "Pool1": "MaxPool_3a_3x3",
    "maxpool2": "MaxPool_5a_3x3", "Pool2": "MaxPool_5a_3x3", "avgpool": "global_pool", "global_pool": "global_pool",
}
V4 = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Mixed_3a", "Mixed_4a", *(f"Mixed_5{x}" for x in "abcde"),
      *(f"Mixed_6{x}" for x in "abcdefgh"), *(f"Mixed_7{x}" for x in "abcd")]
V4_ENDS = {**{f"features.{i}": name for i, name in enumerate(V4)}, "global_pool": "global_pool"}
RESNET_V2_ENDS = {
    "conv2d_1a": "Conv2d_1a_3x3", "conv2d_2a": "Conv2d_2a_3x3", "conv2d_2b": "Conv2d_2b_3x3", "maxpool_3a": "MaxPool_3a_3x3",
    "conv2d_3b": "Conv2d_3b_1x1", "conv2d_4a": "Conv2d_4a_3x3", "maxpool_5a": "MaxPool_5a_3x3", "mixed_5b": "Mixed_5b",
    "mixed_6a": "Mixed_6a", "repeat_1": "PreAuxLogits", "mixed_7a": "Mixed_7a", "conv2d_7b": "Conv2d_7b_1x1",
    "global_pool": "global_pool",
}

TORCH_CASES = {
    ("inception_v3", "torchvision"): {
        "model": "inception_v3", "side": 139, "batch": 4, "scale": 1 / 128,
        "options": {"aux_logits": False, "init_weights": False, "dropout": 0.0},
        **torch_inception("inception_v3", "fc", V3_ENDS)},
    ("inception_v4", "timm"): {
        "model": "inception_v4", "side": 139, "batch": 4, "scale": 1 / 128,
        **torch_inception("inception_v4", "last_linear", V4_ENDS)},
    ("inception_resnet_v2", "timm"): {
        "model": "inception_resnet_v2", "side": 107, "batch": 4, "scale": 1 / 128,
        **torch_inception("inception_resnet_v2", "classif", RESNET_V2_ENDS)},
}


def keras_inception(architecture, ends):
    """The two of Keras', whose layers are counted in the order of computation."""
    def variable_of(layer, variable):
        scopes = scopes_of(architecture)
        if layer == "predictions":
            return f"Predict/logits/{LINEAR[variable]}"
        named = [scope for scope in scopes if re.search(r"/(block\d+_\d+|Block8)/Conv2d_1x1$|/Conv2d_7b_1x1$", scope)]
        own = re.fullmatch(r"(block\d+)_(\d+)_conv", layer)
        if layer.startswith("conv_7b"):
            scope = named[-1]
        elif layer == "block8_10_conv":
            scope = named[-2]
        elif own is not None:
            scope = next(scope for scope in named if f"/{own[1]}_{own[2]}/" in scope)
        else:
            number = re.search(r"_(\d+)$", layer)
            rest = [scope for scope in scopes if scope not in named]
            scope = rest[int(number[1]) if number else 0]
        if variable in ("kernel", "bias"):
            return f"{scope}/{LINEAR[variable]}"
        return f"{scope}/BatchNorm/{variable}"

    return {"variable_of": variable_of, "endpoint_of": ends.get}


KERAS_CASES = {
    "inception_v3": {
        "model": "InceptionV3", "side": 139, "batch": 4, "scale": 1 / 128,
        **keras_inception("inception_v3", {**{f"mixed{i}": name for i, name in enumerate(V3[5:])}, "avg_pool": "global_pool"})},
    "inception_resnet_v2": {
        "model": "InceptionResNetV2", "side": 107, "batch": 4, "scale": 1 / 128,
        **keras_inception("inception_resnet_v2", {
            "mixed_5b": "Mixed_5b", "mixed_6a": "Mixed_6a", "block17_20_ac": "PreAuxLogits", "mixed_7a": "Mixed_7a",
            "conv_7b_ac": "Conv2d_7b_1x1", "avg_pool": "global_pool"})},
}
