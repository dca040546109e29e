"""Networks of torchvision and timm that torchnets.py compares: (architecture, whose) -> the model and how it is read.

`side`: of the images, small where no layer vanishes. Whose is "tf": of those that timm ported from TensorFlow, with Keras' form.
"""
import torchmobile
import torchplain
from inceptionnames import TORCH_CASES, V3_ENDS, torch_inception
from torchnames import (
    convnext_timm, convnext_torchvision, efficientnet_timm, efficientnet_torchvision, googlenet, resnet, resnetv2)

SMALL = {"side": 96, "scale": 1 / 64}
BARE = {"dropout": 0.0}
TORCH_RESNETS = {"resnet50": 96, "resnet101": 64, "resnet152": 64}
WIDTHS_OF_V2 = {"mobilenet_v2": ("100", 1.0), "mobilenet_v2_140": ("140", 1.4), "mobilenet_v2_035": ("035", 0.35)}


def resnets(source, models):
    """Of bottlenecks, by the libraries' names."""
    return {(f"resnet_v1_{model[6:]}", source): {
        "model": model, "side": side, **resnet(f"resnet_v1_{model[6:]}", "bottleneck_v1")} for model, side in models.items()}


VGGS = {f"vgg_{name}{bn}": f"vgg{number}{bn}"
        for name, number in (("a", 11), ("16", 16), ("19", 19)) for bn in ("", "_bn")}

PLAIN = {
    ("alexnet_v2", "torchvision"): {"model": "alexnet", "side": 224, "scale": 1 / 64, "options": BARE, **torchplain.alexnet()},
    **{(name, source): {
        "model": model, "side": 224, "batch": 1, "scale": 1 / 64, "options": BARE if source == "torchvision" else {},
        **torchplain.vgg(name, source)} for name, model in VGGS.items() for source in ("torchvision", "timm")},
}

MOBILE = {
    ("mobilenet_v1", "timm"): {"model": "mobilenetv1_100", **SMALL, **torchmobile.timm("mobilenet_v1")},
    **{(name, "torchvision"): {
        "model": "mobilenet_v2", **SMALL, "options": {"width_mult": width, "dropout": 0.0}, **torchmobile.torchvision(name)}
        for name, (_, width) in WIDTHS_OF_V2.items()},
    **{(name, "timm"): {"model": f"mobilenetv2_{hundredths}", **SMALL, **torchmobile.timm(name)}
       for name, (hundredths, _) in WIDTHS_OF_V2.items()},
    **{(f"mobilenet_v3_{size}", "torchvision"): {
        "model": f"mobilenet_v3_{size}", **SMALL, "options": BARE, **torchmobile.torchvision(f"mobilenet_v3_{size}")}
        for size in ("large", "small")},
    **{(f"mobilenet_v3_{size}", source): {
        "model": f"{'tf_' if source == 'tf' else ''}mobilenetv3_{size}_100", **SMALL, **torchmobile.timm(f"mobilenet_v3_{size}")}
        for size in ("large", "small") for source in ("timm", "tf")},
}

RESNETS = {
    ("resnet_v1_18", "torchvision"): {"model": "resnet18", "side": 96, **resnet("resnet_v1_18", "basic_v1")},
    ("resnet_v1_34", "torchvision"): {"model": "resnet34", "side": 97, **resnet("resnet_v1_34", "basic_v1")},
    ("resnet_v1_18", "timm"): {"model": "resnet18", "side": 64, **resnet("resnet_v1_18", "basic_v1")},
    ("resnet_v1_34", "timm"): {"model": "resnet34", "side": 64, **resnet("resnet_v1_34", "basic_v1")},
    **resnets("torchvision", TORCH_RESNETS),
    **resnets("timm", {"resnet26": 64, **TORCH_RESNETS, "resnet200": 64}),
    **{(name, source): {"model": name, "side": 64, **resnet(name, "bottleneck_v1")}
       for name in ("wide_resnet50_2", "wide_resnet101_2") for source in ("torchvision", "timm")},
    **{(name, "timm"): {"model": name, "side": 96, **resnet(name, "bottleneck_v1")}
       for name in ("seresnet50", "resnetaa50", "resnetblur50")},
    **{(name, "timm"): {"model": name, "side": 96, **resnet(name, "basic_v1")}
       for name in ("seresnet18", "seresnet34", "resnetblur18")},
    **{(name, "timm"): {"model": name, "side": 64, **resnet(name, "bottleneck_v1")} for name in ("seresnet101", "seresnet152")},
    **{(f"resnet_v2_{depth}", "timm"): {"model": f"resnetv2_{depth}", "side": 96, **resnetv2(f"resnet_v2_{depth}")}
       for depth in (50, 101, 152)},
}

CASES = {
    **TORCH_CASES,
    ("inception_v3", "timm"): {
        "model": "inception_v3", "side": 139, "batch": 4, "scale": 1 / 128, **torch_inception("inception_v3", "fc", V3_ENDS)},
    ("inception_v1", "torchvision"): {
        "model": "googlenet", "side": 97, "options": {"aux_logits": False, "init_weights": False, "dropout": 0.0},
        **googlenet()},
    **PLAIN,
    **MOBILE,
    **RESNETS,
    **{(f"efficientnet_b{i}", "torchvision"): {
        "model": f"efficientnet_b{i}", "options": {"dropout": 0.0, "stochastic_depth_prob": 0.0},
        **SMALL, **efficientnet_torchvision(f"efficientnet_b{i}")} for i in range(4)},
    **{(f"efficientnet_b{i}", source): {
        "model": f"{'tf_' if source == 'tf' else ''}efficientnet_b{i}", **SMALL, **efficientnet_timm(f"efficientnet_b{i}")}
        for i in range(4) for source in ("timm", "tf")},
    ("convnext_tiny", "timm"): {"model": "convnext_tiny", **SMALL, **convnext_timm("convnext_tiny")},
    ("convnext_tiny", "torchvision"): {
        "model": "convnext_tiny", "options": {"stochastic_depth_prob": 0.0},
        **SMALL, **convnext_torchvision("convnext_tiny")},
}
