"""Logits of other libraries' networks on weights made from the names of their entries.

`python test/oracle/sources.py torchvision/resnet50 timm/resnet50 keras/resnet50 ...` writes test/fixtures/sources/<source>_<name>.json
for each: every entry's name and shape, the photos' side, and their logits, to which test/weights/sources.test.ts compares what
importWeights() gives on a file of the same entries and values. slimsources.py does so for TF-Slim. The photos are one made here and two
photographs of ../shared/data (SLIMLAB_SHARED_DATA), of which the middle is cut out as it is stored.

Needs numpy, Pillow and, by source, torch 2.13 with torchvision 0.28, timm 1.0.31, or TensorFlow 2.21 with Keras 3.15. Values are patterns by name, see sourcevalues.py.
"""
import base64
import functools
import gzip
import hashlib
import json
import os
import pathlib
import sys

import numpy as np

from patterns import FIXTURES, pattern_integers, summarize
from sourcevalues import KERAS_DEVIATIONS, KERAS_MEAN, balanced_value, value_of

SHARED = pathlib.Path(os.environ.get("SLIMLAB_SHARED_DATA", FIXTURES.parent.parent.parent / "shared/data"))
PHOTOGRAPHS = ("hat/2a12baab-f020-42e3-8e6b-5d82e3ed0b55.jpg", "shoes/07d88b75-85a4-407b-aa73-12294a2ff9a8.jpg")
# SHA-256 of the middle [320, 320, 3] of each, uint8
PIXELS = FIXTURES / "sources/photographs.json"

# Factors of kernels, tried in turn, until logits tell photos apart by a part of their root mean square (with small ones the pixels are
# lost behind some twenty normalizations, and any would do), and change by less than JUMP of it where pixels change by a millionth (with
# too large ones rounding alone moves logits of an EfficientNet by half).
GAINS, SPREAD, JUMP = (1, 1.25, 1.5, 1.6, 1.7, 1.72, 1.75, 1.77, 1.8, 1.85, 1.9, 2, 3, 4, 6), 0.05, 1e-4
# Of deep EfficientNets, where logits that are further apart jump: pixels 1e-6 apart move those of tf_efficientnet_b1 by 0.64 of their rms at a gain of 2,
# by 1e-6 at 1.8.
SPREADS = {"efficientnet_b1": 0.01, "efficientnet_b2": 0.01, "efficientnet_b3": 0.01}
# Of these logits either jump or tell nothing, whatever the gain: see balanced_value().
BALANCED = ("timm/efficientnet_b3", "timm/tf_efficientnet_b3")


def made_photo(side):
    """whole numbers in 0 .. 255 as float32 [1, side, side, 3]: noise in large and small squares."""
    coarse = pattern_integers("sources/coarse", (1, 8, 8, 3), 200)
    fine = pattern_integers("sources/fine", (1, side, side, 3), 56)
    at = np.arange(side) * 8 // side
    return (coarse[:, at][:, :, at] + fine).astype(np.float32)


def middle(name, side):
    """uint8 [side, side, 3] of a photograph, none of whose pixels is made smaller."""
    from PIL import Image

    pixels = np.asarray(Image.open(SHARED / "clothing/test" / name).convert("RGB"))
    top, left = ((size - side) // 2 for size in pixels.shape[:2])
    return pixels[top:top + side, left:left + side]


def photos(side):
    """float32 [3, side, side, 3], 0 .. 255: the one that is made, then the photographs."""
    return np.concatenate([made_photo(side), *(middle(name, side)[None].astype(np.float32) for name in PHOTOGRAPHS)])


def write_pixels():
    hashes = {name: hashlib.sha256(middle(name, 320).tobytes()).hexdigest() for name in PHOTOGRAPHS}
    PIXELS.write_text(json.dumps(hashes, indent=1) + "\n")


def spread_of(logits):
    """How far photos' logits are apart, over the root mean square: of the two that are nearest."""
    rms = np.sqrt((logits.astype(np.float64) ** 2).mean())
    return min(np.sqrt(((logits[i] - logits[j]) ** 2).mean()) for i, j in ((0, 1), (0, 2), (1, 2))) / rms


def jump_of(logits, others):
    """The greatest difference, over the root mean square."""
    return float(np.abs(logits - others).max() / np.sqrt((logits.astype(np.float64) ** 2).mean()))


def write_source(full, side, run, scales=None):
    """One network's fixture: entries as lines of name and shape, packed by gzip, in base64. run(gain, images) gives entries and logits."""
    images = photos(side)
    for gain in GAINS if scales is None else (1,):
        entries, both = run(gain, np.concatenate([images, images * np.float32(1 + 1e-6)]))
        logits, moved = np.split(both, 2)
        spread, jump = spread_of(logits), jump_of(logits, moved)
        if spread > next((least for part, least in SPREADS.items() if part in full), SPREAD) and jump < JUMP:
            break
        print(full, "gain", gain, "spread", round(spread, 5), f"jump {jump:.1e}", flush=True)
    else:
        raise ValueError(f"Cannot write {full}: expected logits that depend on the photo and don't jump, got {spread}, {jump}")
    lines = [f"{entry} {','.join(map(str, shape))}" for entry, shape in entries.items()]
    packed = base64.b64encode(gzip.compress("\n".join(lines).encode(), mtime=0)).decode()
    fixture = {
        "source": full,
        "side": side,
        "gain": gain,
        **({} if scales is None else {"scales": list(scales.values())}),
        "photos": [{"first": int(row.argmax()), "logits": summarize(row)} for row in logits],
        "entries": packed,
    }
    (FIXTURES / "sources" / f"{full.replace('/', '_')}.json").write_text(json.dumps(fixture) + "\n")
    print(full, len(entries), "of", logits.shape, "gain", gain, "spread", round(spread, 3), f"jump {jump:.1e}", flush=True)


def pixels_of(net, images):
    """Images as a network of torch takes them: [n, 3, side, side]."""
    import torch

    pixels = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), **getattr(net, "default_cfg", {})}  # which timm's have
    mean, std = (torch.tensor(pixels[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    return (torch.from_numpy(images).permute(0, 3, 1, 2) / 255 - mean) / std


def fill(net, value):
    """Gives each entry of a network of torch value(name, shape); gives shapes by name."""
    import torch

    entries = {}
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                entries[name] = list(tensor.shape)
                tensor.copy_(torch.from_numpy(value(name, tuple(tensor.shape))))
    return entries


def of_torch(net, gain, images, scales=None):
    import torch

    entries = fill(net, lambda name, shape: value_of(name, shape, gain) if scales is None else balanced_value(name, shape, scales))
    with torch.no_grad():
        return entries, net.eval()(pixels_of(net, images)).numpy()


def scales_of(net, side):
    """By layer, in order: the deviation within a channel of what each normalization is given of the photos, of 3 digits."""
    import torch

    scales = {}
    norms = {name: module for name, module in net.named_modules() if hasattr(module, "running_var")}

    def balance(name):
        def hook(module, given):
            scales[name] = float(f"{float(given[0].var((0, 2, 3)).mean().sqrt()):.3g}")
            for end in ("running_mean", "running_var"):
                tensor = getattr(module, end)
                tensor.copy_(torch.from_numpy(balanced_value(f"{name}.{end}", tuple(tensor.shape), scales)))
        return hook

    fill(net, lambda name, shape: balanced_value(name, shape, {}))
    hooks = [module.register_forward_pre_hook(balance(name)) for name, module in norms.items()]
    with torch.no_grad():
        net.eval()(pixels_of(net, photos(side)))
    for hook in hooks:
        hook.remove()
    return {name: scales[name] for name in norms}


@functools.cache
def define_operators():
    """torchvision's, of which a build for another torch has none of its own."""
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def torchvision_net(name, **options):
    define_operators()
    import torchvision

    # Published weights of these two turn pixels to -1 .. 1 themselves.
    extra = {"init_weights": False, "transform_input": True} if name in ("googlenet", "inception_v3") else {}
    return getattr(torchvision.models, name)(weights=None, **extra, **options)


def timm_net(name):
    define_operators()
    import timm

    return timm.create_model(name, pretrained=False)


def layers_of(net, path=""):
    """Layers with their paths; those of a model within the model have its name before theirs."""
    import keras

    for layer in net.layers:
        if isinstance(layer, keras.Model):
            yield from layers_of(layer, f"{path}{layer.name}/")
        else:
            yield f"{path}{layer.name}", layer


def of_keras(name, gain, images):
    import keras

    keras.backend.clear_session()  # names are counted from there
    module, build = KERAS[name]
    net = build(keras.applications)(weights=None, classifier_activation=None)
    entries = {}
    for path, layer in layers_of(net):
        for variable in layer.weights:
            entry = f"{path}/{variable.name}"
            entries[entry] = list(variable.shape)
            variable.assign(value_of(entry, tuple(variable.shape), gain))
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            # Published weights have the deviations for variances, and a layer behind it makes up for that; here it is alone.
            layer.adapt_mean.assign(KERAS_MEAN)
            layer.adapt_variance.assign(np.square(KERAS_DEVIATIONS))
            layer.finalize_state()
    x = getattr(keras.applications, module).preprocess_input(images.copy())
    return entries, np.asarray(net(x, training=False))


# by name: the module of its preprocess_input, and the network
KERAS = {
    **{f"resnet{depth}": ("resnet", lambda a, d=depth: getattr(a, f"ResNet{d}")) for depth in (50, 101, 152)},
    **{f"resnet{depth}v2": ("resnet_v2", lambda a, d=depth: getattr(a, f"ResNet{d}V2")) for depth in (50, 101, 152)},
    **{f"efficientnet_b{i}": ("efficientnet", lambda a, i=i: getattr(a, f"EfficientNetB{i}")) for i in range(4)},
    "convnext_tiny": ("convnext", lambda a: a.ConvNeXtTiny),
    "mobilenet": ("mobilenet", lambda a: a.MobileNet),
    **{f"mobilenet_{n:03}": ("mobilenet", lambda a, n=n: functools.partial(a.MobileNet, alpha=n / 100)) for n in (75, 50, 25)},
    "mobilenet_v2": ("mobilenet_v2", lambda a: a.MobileNetV2),
    "mobilenet_v2_140": ("mobilenet_v2", lambda a: functools.partial(a.MobileNetV2, alpha=1.4)),
    "mobilenet_v2_035": ("mobilenet_v2", lambda a: functools.partial(a.MobileNetV2, alpha=0.35)),
    "mobilenet_v3_large": ("mobilenet_v3", lambda a: a.MobileNetV3Large),
    "mobilenet_v3_small": ("mobilenet_v3", lambda a: a.MobileNetV3Small),
    "vgg16": ("vgg16", lambda a: a.VGG16),
    "vgg19": ("vgg19", lambda a: a.VGG19),
    "inception_v3": ("inception_v3", lambda a: a.InceptionV3),
    "inception_resnet_v2": ("inception_resnet_v2", lambda a: a.InceptionResNetV2),
}
# sides of photos that are not 224
SIDES = {
    **{f"{name}_b{i}": side for name, sides in {
        "torchvision/efficientnet": (224, 240, 288, 300), "timm/efficientnet": (224, 240, 288, 320),
        "timm/tf_efficientnet": (224, 240, 260, 300), "keras/efficientnet": (224, 240, 260, 300),
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


def main(wanted):
    (FIXTURES / "sources").mkdir(exist_ok=True)
    write_pixels()
    for full in wanted:
        source, name = full.split("/")
        side = SIDES.get(full.split(".")[0], 224)
        if source == "keras":
            write_source(full, side, functools.partial(of_keras, name))
        else:
            net = (torchvision_net if source == "torchvision" else timm_net)(name)
            scales = scales_of(net, side) if full.split(".")[0] in BALANCED else None
            write_source(full, side, functools.partial(of_torch, net, scales=scales), scales)


if __name__ == "__main__":
    main(sys.argv[1:])
