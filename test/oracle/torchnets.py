"""Networks of torchvision and timm on pattern weights: test/fixtures/nets/<architecture>.<source>.json.

Environment: torch==2.13.0 torchvision==0.28.0 timm==1.0.31. Command: python test/oracle/torchnets.py [ARCHITECTURE or ARCHITECTURE.SOURCE …]
"""
import sys

import torch

from patterns import array, brief, norm_of, number, pattern, pattern_images, pattern_variable, write_fixture
from torchcases import CASES

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


def load_patterns(model, variable_of, grids):
    """
    Gives each entry the pattern of the variable it is, in torch's layout, and 0 where it is none; gives how many numbers are trained.
    `grids`: the sides of what a matrix of flattened images sees.
    """
    for key, entry in model.state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        name = variable_of(key)
        shape = list(entry.shape)
        if name is None:
            entry.zero_()
            continue
        if len(shape) == 4:  # [out, in, height, width]; each channel by itself: [channels, 1, height, width]
            order = (2, 3, 0, 1) if name.endswith("depthwise_weights") else (2, 3, 1, 0)
            value = pattern_variable(name, [shape[i] for i in order])
            value = value.transpose([order.index(i) for i in range(4)])
        elif len(shape) == 2 and name in grids:  # channels, rows, columns in a row
            side = grids[name]
            value = pattern_variable(name, [side, side, shape[1] // side**2, shape[0]]).transpose(3, 2, 0, 1).reshape(shape)
        elif len(shape) == 2:
            sides = [] if name.startswith("Predict/") else [1, 1]
            value = pattern_variable(name, sides + shape[::-1]).reshape(shape[::-1]).T
        else:
            value = pattern_variable(name, [entry.numel()]).reshape(shape)
        entry.copy_(torch.tensor(value.copy()))
    return sum(parameter.numel() for key, parameter in model.named_parameters() if variable_of(key) is not None)


def channels_last(value):
    """[batch, height, width, channels], as the endpoints have it."""
    value = value.detach()
    return value.reshape(value.shape[0], 1, 1, -1) if value.dim() == 2 else value.permute(0, 2, 3, 1)


def watch(model, endpoint_of):
    """Endpoints as they are seen, and the hooks that see them: copies, for the next layer may work in place."""
    seen, hooks = {}, []
    for name, module in model.named_modules():
        found = endpoint_of(name)
        if found is not None:
            endpoint, change = found
            def hook(_, __, output, endpoint=endpoint, change=change):
                seen[endpoint] = change(output.detach().clone())
            hooks.append(module.register_forward_hook(hook))
    return seen, hooks


def run(model, case, images, is_training):
    """Logits and endpoints; in training the norms of the gradients of the logits times a pattern, by sorted names."""
    seen, hooks = watch(model, case["endpoint_of"])
    model.train(is_training)
    logits = model(torch.tensor(images).permute(0, 3, 1, 2).contiguous())
    result = {
        "logits": array(logits.detach().numpy()),
        "endpoints": {key: brief(channels_last(value).numpy()) for key, value in seen.items()},
    }
    for hook in hooks:
        hook.remove()
    if is_training:
        (logits * torch.tensor(pattern("gradients", list(logits.shape)))).sum().backward()
        named = {case["variable_of"](key): parameter.grad for key, parameter in model.named_parameters()}
        result["gradients"] = [norm_of(named[name].numpy()) for name in sorted(filter(None, named))]
    return result


def describe(architecture, source, case):
    model = create("timm" if source == "tf" else source, case["model"], case.get("options", {}))
    with torch.no_grad():
        parameters = load_patterns(model, case["variable_of"], case.get("grids", {}))
    shape = [case.get("batch", 2), case["side"], case["side"], 3]
    images = pattern_images("images", shape) * number(case.get("scale", 1))
    modes = {"inference": False, "training": True}
    return {
        "architecture": architecture,
        "source": "keras" if source == "tf" else source,
        "images": {"name": "images", "shape": shape, "scale": case.get("scale", 1)},
        "numClasses": CLASSES,
        "parameters": parameters,
        **{mode: run(model, case, images, is_training) for mode, is_training in modes.items()},
    }


if __name__ == "__main__":
    for (architecture, source), case in CASES.items():
        if len(sys.argv) == 1 or {architecture, f"{architecture}.{source}"} & set(sys.argv[1:]):
            write_fixture(f"nets/{architecture}.{source}", describe(architecture, source, case))
