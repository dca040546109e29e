"""Networks of timm and torchvision whose weights have the same names and shapes: test/fixtures/twins.json.

Every network of both is built (on the meta device mostly, timm's with 1,000 classes); those that share names and shapes with one that slimlab reads are run on the same weights and
the same image: `distances` of logits from the group's first, over their root mean square. What importWeights() passes over, counts of batches and auxiliary classifiers,
counts for nothing. `pixels`: by mean and deviation, the tags of timm's weights of these networks.
Environment: torch==2.13.0 torchvision==0.28.0 timm==1.0.31. Command: python test/oracle/twins.py (5 minutes)
"""
import collections
import re

import torch

from patterns import write_fixture

for operator in ("nms", "qnms"):  # a torchvision built for another torch lacks its compiled operators, which no network needs
    try:
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass

import timm  # noqa: E402
import torchvision  # noqa: E402
from timm.models._registry import _model_default_cfgs, _model_pretrained_cfgs  # noqa: E402

# What slimlab reads, as timm and torchvision call it.
TIMM = """resnet18 resnet26 resnet34 resnet50 resnet101 resnet152 resnet200 wide_resnet50_2 wide_resnet101_2 seresnet18 seresnet34 seresnet50 seresnet101 seresnet152
    resnetaa50 resnetblur18 resnetblur50 resnetv2_50 resnetv2_101 resnetv2_152 convnext_tiny inception_v3 inception_v4 inception_resnet_v2
    efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 tf_efficientnet_b0 tf_efficientnet_b1 tf_efficientnet_b2 tf_efficientnet_b3
    mobilenetv1_100 mobilenetv2_035 mobilenetv2_050 mobilenetv2_075 mobilenetv2_100 mobilenetv2_140 mobilenetv3_large_100 mobilenetv3_small_100
    tf_mobilenetv3_large_100 tf_mobilenetv3_small_100 vgg11 vgg11_bn vgg16 vgg16_bn vgg19 vgg19_bn""".split()
TORCHVISION = """resnet18 resnet34 resnet50 resnet101 resnet152 wide_resnet50_2 wide_resnet101_2 alexnet vgg11 vgg11_bn vgg16 vgg16_bn vgg19 vgg19_bn googlenet
    inception_v3 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 convnext_tiny""".split()
OURS = {*(f"timm/{name}" for name in TIMM), *(f"torchvision/{name}" for name in TORCHVISION)}
UNUSED = re.compile(r"num_batches_tracked$|^AuxLogits\.|^aux[12]\.")


def build(full):
    source, name = full.split("/")
    if source == "timm":
        return timm.create_model(name, num_classes=1000)
    published = {"init_weights": False, "transform_input": True} if name in ("googlenet", "inception_v3") else {}
    if torchvision.models.get_model_builder(name).__module__.split(".")[2] in ("detection", "segmentation"):
        published["weights_backbone"] = None
    return torchvision.models.get_model(name, weights=None, **published)


def entries(net):
    return frozenset((key, tuple(value.shape)) for key, value in net.state_dict().items() if not UNUSED.search(key))


def groups():
    """All that share names and shapes, by the first of each in the alphabet."""
    found = collections.defaultdict(list)
    for full in [f"timm/{name}" for name in timm.list_models()] + [f"torchvision/{name}" for name in torchvision.models.list_models()]:
        try:
            with torch.device("meta"):
                net = build(full)
        except NotImplementedError:  # torchvision's RegNets reckon with their weights
            net = build(full)
        found[hash(entries(net))].append(full)
    return {min(names): sorted(names) for names in found.values() if len(names) > 1}


def logits(full, state):
    """Of an image of noise; inception_v3 of torchvision is run without what its published weights do to pixels."""
    net = build(full).eval()
    net.load_state_dict({**net.state_dict(), **state})
    if hasattr(net, "transform_input"):
        net.transform_input = False
    torch.manual_seed(1)
    with torch.no_grad():
        return net(torch.rand(2, 3, 128, 128) * 2 - 1)


def distances(names):
    torch.manual_seed(0)
    first = build(names[0])
    for key, value in first.state_dict().items():  # so that blocks' last norms, which begin with zeros, count too
        if value.dim() == 1 and key.endswith("weight"):
            value.uniform_(0.5, 1)
    state = {key: value for key, value in first.state_dict().items() if not UNUSED.search(key)}
    whole = {name: logits(name, state) for name in names}
    scale = whole[names[0]].square().mean().sqrt()
    return {name: round(float((value - whole[names[0]]).square().mean().sqrt() / scale), 4) for name, value in whole.items()}


def pixels():
    """Names with tags by "mean/deviation"; the first tag of a network is its default."""
    found = collections.defaultdict(list)
    for name in TIMM:
        for tag in _model_default_cfgs[name].tags:
            key = f"{name}.{tag}" if tag else name
            config = _model_pretrained_cfgs.get(key)
            if config is not None and config.has_weights:
                found["/".join(",".join(str(number) for number in numbers) for numbers in (config.mean, config.std))].append(key)
    return dict(found)


if __name__ == "__main__":
    shared = {first: names for first, names in groups().items() if OURS.intersection(names)}
    write_fixture("twins", {
        "distances": {first: distances(names) for first, names in shared.items()},
        "pixels": pixels(),
    })
