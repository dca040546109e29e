"""Networks of torchvision and timm on pattern weights: test/fixtures/nets/<architecture>.<source>.json.

Environment: torch==2.13.0 torchvision==0.28.0 timm==1.0.31. Command: python test/oracle/torchnets.py [ARCHITECTURE …]
"""
import sys

import torch

from patterns import array, number, pattern_images, pattern_variable, summarize, write_fixture
from torchnames import CASES

for operator in ("nms", "qnms"):  # a torchvision built for another torch lacks its compiled operators, which no network needs
    try:
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass

import timm  # noqa: E402
import torchvision  # noqa: E402

CLASSES = 5
SCALES = {
    f"efficientnet_b{i}": {"width_mult": width, "depth_mult": depth}
    for i, (width, depth) in enumerate([(1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4)])
}


def create(source, model, options):
    if source == "torchvision":
        if "stochastic_depth_prob" in options and "dropout" in options:  # what its EfficientNets fix themselves
            settings, last = torchvision.models.efficientnet._efficientnet_conf(model, **SCALES[model])
            return torchvision.models.EfficientNet(settings, num_classes=CLASSES, last_channel=last, **options)
        return getattr(torchvision.models, model)(num_classes=CLASSES, **options)
    return timm.create_model(model, num_classes=CLASSES, **options)


def load_patterns(model, variable_of):
    """Gives each entry the pattern of the variable it is, in torch's layout; gives how many numbers are trained."""
    for key, entry in model.state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        name = variable_of(key)
        shape = list(entry.shape)
        if len(shape) == 4:  # [out, in, height, width]; each channel by itself: [channels, 1, height, width]
            order = (2, 3, 0, 1) if name.endswith("depthwise_weights") else (2, 3, 1, 0)
            value = pattern_variable(name, [shape[i] for i in order])
            value = value.transpose([order.index(i) for i in range(4)])
        elif len(shape) == 2:
            sides = [] if name.startswith("Predict/") else [1, 1]
            value = pattern_variable(name, sides + shape[::-1]).reshape(shape[::-1]).T
        else:
            value = pattern_variable(name, [entry.numel()]).reshape(shape)
        entry.copy_(torch.tensor(value.copy()))
    return sum(parameter.numel() for parameter in model.parameters())


def channels_last(value):
    """[batch, height, width, channels], as the endpoints have it."""
    value = value.detach()
    return value.reshape(value.shape[0], 1, 1, -1) if value.dim() == 2 else value.permute(0, 2, 3, 1)


def run(model, endpoint_of, images, is_training):
    """Logits and endpoints. A hook copies what it sees: the next layer may work in place."""
    seen, hooks = {}, []
    for name, module in model.named_modules():
        found = endpoint_of(name)
        if found is not None:
            endpoint, change = found
            def hook(_, __, output, endpoint=endpoint, change=change):
                seen[endpoint] = change(output.detach().clone())
            hooks.append(module.register_forward_hook(hook))
    model.train(is_training)
    with torch.no_grad():
        logits = model(torch.tensor(images).permute(0, 3, 1, 2).contiguous())
    for hook in hooks:
        hook.remove()
    return {
        "logits": array(logits.numpy()),
        "endpoints": {key: summarize(channels_last(value).numpy()) for key, value in seen.items()},
    }


def describe(architecture, source, case):
    model = create(source, case["model"], case.get("options", {}))
    parameters = load_patterns(model, case["variable_of"])
    shape = [case.get("batch", 2), case["side"], case["side"], 3]
    images = pattern_images("images", shape) * number(case.get("scale", 1))
    modes = {"inference": False, "training": True}
    return {
        "architecture": architecture,
        "source": source,
        "images": {"name": "images", "shape": shape, "scale": case.get("scale", 1)},
        "numClasses": CLASSES,
        "parameters": parameters,
        **{mode: run(model, case["endpoint_of"], images, is_training) for mode, is_training in modes.items()},
    }


if __name__ == "__main__":
    for (architecture, source), case in CASES.items():
        if len(sys.argv) == 1 or architecture in sys.argv[1:]:
            write_fixture(f"nets/{architecture}.{source}", describe(architecture, source, case))
