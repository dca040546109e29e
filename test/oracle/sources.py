"""Logits of other libraries' networks on weights made from the names of their entries.

`python test/oracle/sources.py torchvision/resnet50 timm/resnet50 keras/resnet50 ...` writes test/fixtures/sources/<source>_<name>.json
for each: every entry's name and shape, the photo's side, and its logits, to which test/weights/sources.test.ts compares what importWeights() gives on a file of the same entries and values.

Needs numpy and, by source, torch 2.13 with torchvision 0.28, timm 1.0.31, or TensorFlow 2.21 with Keras 3.15. Values are patterns by name (patterns.py).
Of torch: kernels uniform with the variance of He et al., norms' weights in 0.25 .. 0.75, means and biases in -0.1 .. 0.1, variances in 0.5 .. 1.5.
"""
import json
import re
import sys

import numpy as np

from patterns import FIXTURES, pattern, pattern_integers


def value_of(name, shape):
    """What an entry holds, by its name: equal to sourceValue() of test/weights/sources.ts."""
    end = name.replace(":0", "").split("/")[-1].split(".")[-1]
    if name.startswith("normalization/"):
        return np.array({"mean": KERAS_MEAN, "variance": KERAS_DEVIATIONS, "count": 0}[end], np.float32)
    if end in ("running_var", "moving_variance"):
        return pattern(name, shape, 0.5, 1.0)
    if len(shape) > 1:
        # of torch the outputs are first, of Keras last; a depthwise kernel has one input
        is_keras = "/" in name
        fan_in = int(np.prod(shape[:-1] if is_keras else shape[1:]))
        if end == "depthwise_kernel" or (is_keras and re.search("dw|depthwise", name) and len(shape) == 4):
            fan_in = int(np.prod(shape[:2]))
        return pattern(name, shape, float(np.sqrt(6 / fan_in)))
    if end == "gamma" or (end == "weight" and len(shape) == 1):
        return pattern(name, shape, 0.25, 0.5)
    return pattern(name, shape, 0.1)


def photos(side):
    """whole numbers in 0 .. 255 as float32 [1, side, side, 3]: noise in large and small squares."""
    coarse = pattern_integers("sources/coarse", (1, 8, 8, 3), 200)
    fine = pattern_integers("sources/fine", (1, side, side, 3), 56)
    at = np.arange(side) * 8 // side
    return (coarse[:, at][:, :, at] + fine).astype(np.float32)


def of_torch(net, side):
    import torch

    pixels = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), **getattr(net, "default_cfg", {})}  # which timm's have
    mean, std = pixels["mean"], pixels["std"]

    entries = {}
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            entries[name] = list(tensor.shape)
            tensor.copy_(torch.from_numpy(value_of(name, tuple(tensor.shape))))
        net.eval()
        x = torch.from_numpy(photos(side)).permute(0, 3, 1, 2) / 255
        x = (x - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
        logits = net(x).numpy()
    return entries, logits


def torchvision_net(name):
    import torch

    library = torch.library.Library("torchvision", "DEF")  # a build of another torch has no operators of its own
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

    # Published weights of these two turn pixels to -1 .. 1 themselves.
    extra = {"init_weights": False, "transform_input": True} if name in ("googlenet", "inception_v3") else {}
    return getattr(torchvision.models, name)(weights=None, **extra)


def timm_net(name):
    import timm

    return timm.create_model(name, pretrained=False)


KERAS_MEAN, KERAS_DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def layers_of(net, path=""):
    """Layers with their paths; those of a model within the model have its name before theirs."""
    import keras

    for layer in net.layers:
        if isinstance(layer, keras.Model):
            yield from layers_of(layer, f"{path}{layer.name}/")
        else:
            yield f"{path}{layer.name}", layer


def of_keras(name, side):
    import keras

    keras.backend.clear_session()  # names are counted from there
    module, build = KERAS[name]
    net = build(keras.applications)(weights=None, classifier_activation=None)
    entries = {}
    for path, layer in layers_of(net):
        for variable in layer.weights:
            entry = f"{path}/{variable.name}"
            entries[entry] = list(variable.shape)
            variable.assign(value_of(entry, tuple(variable.shape)))
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            # Published weights have the deviations for variances, and a layer behind it makes up for that; here it is alone.
            layer.adapt_mean.assign(KERAS_MEAN)
            layer.adapt_variance.assign(np.square(KERAS_DEVIATIONS))
            layer.finalize_state()
    x = getattr(keras.applications, module).preprocess_input(photos(side).copy())
    return entries, np.asarray(net(x, training=False))


# by name: the module of its preprocess_input, and the network
KERAS = {
    "resnet50": ("resnet", lambda a: a.ResNet50),
    "resnet50v2": ("resnet_v2", lambda a: a.ResNet50V2),
    **{f"efficientnet_b{i}": ("efficientnet", lambda a, i=i: getattr(a, f"EfficientNetB{i}")) for i in range(4)},
    "convnext_tiny": ("convnext", lambda a: a.ConvNeXtTiny),
    "mobilenet": ("mobilenet", lambda a: a.MobileNet),
    "mobilenet_v2": ("mobilenet_v2", lambda a: a.MobileNetV2),
    "mobilenet_v3_large": ("mobilenet_v3", lambda a: a.MobileNetV3Large),
    "mobilenet_v3_small": ("mobilenet_v3", lambda a: a.MobileNetV3Small),
    "vgg16": ("vgg16", lambda a: a.VGG16),
    "vgg19": ("vgg19", lambda a: a.VGG19),
    "inception_v3": ("inception_v3", lambda a: a.InceptionV3),
    "inception_resnet_v2": ("inception_resnet_v2", lambda a: a.InceptionResNetV2),
}
# sides of photos that are not 224
SIDES = {
    **{f"{source}/efficientnet_b{i}": side for source, sides in {
        "torchvision": (224, 240, 288, 300), "timm": (224, 240, 288, 320), "keras": (224, 240, 260, 300),
    }.items() for i, side in enumerate(sides)},
    "torchvision/vgg11": 160,  # where they pool to the size that their matrices want
    "torchvision/alexnet": 300,
    "torchvision/inception_v3": 299,
    "timm/inception_v3": 299,
    "timm/inception_v4": 299,
    "timm/inception_resnet_v2": 299,
    "keras/inception_v3": 299,
    "keras/inception_resnet_v2": 299,
}
# those whose pixels are in -1 .. 1
HALVES = {"timm/inception_v3", "timm/inception_v4", "timm/inception_resnet_v2"}


def main(wanted):
    folder = FIXTURES / "sources"
    folder.mkdir(exist_ok=True)
    for full in wanted:
        source, name = full.split("/")
        side = SIDES.get(full, 224)
        if source == "keras":
            entries, logits = of_keras(name, side)
        else:
            net = (torchvision_net if source == "torchvision" else timm_net)(name)
            pixels = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)} if full in HALVES else {}
            entries, logits = of_torch(net, side, **pixels)
        rounded = [[float(f"{value:.7g}") for value in row] for row in logits.tolist()]
        lines = [f'"{entry}": {json.dumps(shape)}' for entry, shape in entries.items()]
        text = f'{{"source": "{full}", "side": {side}, "logits": {json.dumps(rounded)},\n"entries": {{\n' + ",\n".join(lines) + "\n}}\n"
        (folder / f"{source}_{name}.json").write_text(text)
        print(full, len(entries), np.abs(logits).max())


if __name__ == "__main__":
    main(sys.argv[1:])
