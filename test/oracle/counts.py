"""How many numbers each library's networks train, of 1,000 classes: test/fixtures/counts.json.

Environment: by library, as sources.py's, slim.py's and inceptions.py's; what is not of that library stays as it is in the file.
Command: python test/oracle/counts.py torchvision|timm|keras|slim

`biases` are those of convolutions that a normalization follows, whose means take them in: no variables of ours.
"""
import json
import sys

from patterns import FIXTURES, write_fixture

MOBILE = {"mobilenet_v2": 1.0, "mobilenet_v2_140": 1.4, "mobilenet_v2_035": 0.35}
VGGS = {f"vgg_{name}{bn}": f"vgg{number}{bn}" for name, number in (("a", 11), ("16", 16), ("19", 19)) for bn in ("", "_bn")}
SAME = [f"efficientnet_b{i}" for i in range(4)] + ["convnext_tiny"]
WIDE = ["wide_resnet50_2", "wide_resnet101_2"]
TORCHVISION = {
    **{name: (name, {}) for name in [*SAME, *WIDE, "mobilenet_v3_large", "mobilenet_v3_small"]},
    **{name: (model, {}) for name, model in VGGS.items()},
    **{name: ("mobilenet_v2", {"width_mult": width}) for name, width in MOBILE.items()},
    **{f"resnet_v1_{depth}": (f"resnet{depth}", {}) for depth in (18, 34, 50, 101, 152)},
    "alexnet_v2": ("alexnet", {}),
    "inception_v1": ("googlenet", {"aux_logits": False, "init_weights": False}),
    "inception_v3": ("inception_v3", {"aux_logits": False, "init_weights": False}),
}
TIMM = {
    **{name: name for name in [*SAME, *WIDE, "seresnet50", "inception_v3", "inception_v4", "inception_resnet_v2"]},
    **VGGS,
    "mobilenet_v1": "mobilenetv1_100",
    "mobilenet_v2": "mobilenetv2_100", "mobilenet_v2_140": "mobilenetv2_140", "mobilenet_v2_035": "mobilenetv2_035",
    "mobilenet_v3_large": "mobilenetv3_large_100", "mobilenet_v3_small": "mobilenetv3_small_100",
    **{f"resnet_v1_{depth}": f"resnet{depth}" for depth in (18, 26, 34, 50, 101, 152, 200)},
    **{f"resnet_v2_{depth}": f"resnetv2_{depth}" for depth in (50, 101, 152)},
}
KERAS = {
    "vgg_16": ("VGG16", {}), "vgg_19": ("VGG19", {}),
    "inception_v3": ("InceptionV3", {}), "inception_resnet_v2": ("InceptionResNetV2", {}),
    **{f"mobilenet_v1{end}": ("MobileNet", {"alpha": alpha})
       for end, alpha in (("", 1.0), ("_075", 0.75), ("_050", 0.5), ("_025", 0.25))},
    **{name: ("MobileNetV2", {"alpha": alpha}) for name, alpha in MOBILE.items()},
    "mobilenet_v3_large": ("MobileNetV3Large", {}), "mobilenet_v3_small": ("MobileNetV3Small", {}),
    **{f"resnet_v1_{depth}": (f"ResNet{depth}", {}) for depth in (50, 101, 152)},
    **{f"resnet_v2_{depth}": (f"ResNet{depth}V2", {}) for depth in (50, 101, 152)},
    **{f"efficientnet_b{i}": (f"EfficientNetB{i}", {}) for i in range(4)},
    "convnext_tiny": ("ConvNeXtTiny", {}),
}


def of_torch(model):
    """All parameters, and the biases of convolutions right before a normalization."""
    import torch

    modules = [module for module in model.modules() if not list(module.children())]
    biases = sum(before.bias.numel() for before, after in zip(modules, modules[1:])
                 if isinstance(before, torch.nn.Conv2d) and before.bias is not None and isinstance(after, torch.nn.BatchNorm2d))
    return {"trained": sum(parameter.numel() for parameter in model.parameters()), "biases": biases}


def torch_counts(source):
    import torch

    for operator in ("nms", "qnms"):  # see torchnets.py
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import timm
    import torchvision

    with torch.device("meta"):
        if source == "timm":
            return {name: of_torch(timm.create_model(model)) for name, model in TIMM.items()}
        return {name: of_torch(getattr(torchvision.models, model)(**options)) for name, (model, options) in TORCHVISION.items()}


def of_keras(model):
    import keras

    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    before = [node.operation for layer in norms for node in [layer.input._keras_history]]
    biases = sum(layer.bias.shape[0] for layer in before if getattr(layer, "bias", None) is not None)
    return {"trained": sum(variable.value.shape.num_elements() for variable in model.trainable_variables), "biases": biases}


def keras_counts():
    import keras

    return {name: of_keras(getattr(keras.applications, model)(weights=None, **options)) for name, (model, options) in KERAS.items()}


def slim_counts():
    """Of tf_slim's own; MobileNets and the two last Inceptions are in fixtures of their own."""
    from slim import ARG_SCOPES, NETS, slim, tf
    from tf_slim.nets import alexnet, inception, vgg

    scopes = {"alexnet_v2": alexnet.alexnet_v2_arg_scope, "inception": inception.inception_v3_arg_scope, "vgg": vgg.vgg_arg_scope}
    nets = {"alexnet_v2": alexnet.alexnet_v2, **{name: getattr(vgg, name) for name in ("vgg_a", "vgg_16", "vgg_19")},
            **{name: getattr(inception, name) for name in ("inception_v1", "inception_v2", "inception_v3")}, **NETS}

    def count(name, net):
        with tf.Graph().as_default(), slim.arg_scope(next(
                scope for start, scope in {**scopes, "resnet": ARG_SCOPES["v1"]}.items() if name.startswith(start))()):
            side = 299 if name == "inception_v3" else 224
            options = {"create_aux_logits": False} if name == "inception_v3" else {}
            net(tf.placeholder(tf.float32, [1, side, side, 3]), 1000, is_training=True, **options)
            return sum(variable.shape.num_elements() for variable in tf.trainable_variables())

    return {name: {"trained": count(name, net), "biases": 0} for name, net in nets.items()}


if __name__ == "__main__":
    path = FIXTURES / "counts.json"
    counts = json.loads(path.read_text()) if path.exists() else {}
    for source in sys.argv[1:]:
        found = {"keras": keras_counts, "slim": slim_counts}.get(source, lambda source=source: torch_counts(source))()
        counts[source] = dict(sorted(found.items()))
    write_fixture("counts", dict(sorted(counts.items())))
