"""What torch and TensorFlow make of images in another size: test/fixtures/antialias.json.

As torchvision 0.28 does it (transforms/functional.py: _compute_resized_output_size(), center_crop()): the shorter side to one length,
the longer rounded down, the middle of it, Python's round(). torch's interpolate(antialias=True) has Pillow's kernels, in floats.
`squashed`: as timm 1.0.31 does it where it says crop_mode "squash" (data/transforms_factory.py): both sides to floor(side / crop_pct),
the middle of that; and as TF-Slim shows photographs to its Inceptions and MobileNets (inception_preprocessing.preprocess_for_eval), by the
operations that it calls, of which central_crop() comes first.
Run with torch 2.13 and TensorFlow 2.21: python antialias.py
"""

import json
import math
import pathlib

import tensorflow as tf
import torch

SIZES = [(37, 53), (53, 37), (16, 90), (9, 12), (24, 24), (24, 31), (101, 102), (40, 41)]
SIDES = [(24, 17), (23, 16), (20, 20)]
SQUASHED = [(17, 0.875), (20, 1.0), (16, 0.7)]


def image(height, width):
    """[1, 3, height, width]: what test/input/antialias.test.ts makes, too."""
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None]
    channels = [(rows * rows * 7 + columns * 13 + rows * columns * 3 + c * 50) % 256 for c in range(3)]
    return torch.stack(channels)[None].float()


def middle(pixels, resize_side, side, mode):
    height, width = pixels.shape[2:]
    short = min(height, width)
    size = [resize_side if length == short else int(resize_side * length / short) for length in (height, width)]
    resized = torch.nn.functional.interpolate(pixels, size, mode=mode, antialias=True, align_corners=False)
    top, left = (int(round((length - side) / 2.0)) for length in size)
    return resized.clamp(0, 255)[0, :, top : top + side, left : left + side].permute(1, 2, 0)


def squashed_by_timm(pixels, side, fraction, mode):
    whole = math.floor(side / fraction)
    resized = torch.nn.functional.interpolate(pixels, [whole, whole], mode=mode, antialias=True, align_corners=False)
    first = int(round((whole - side) / 2.0))
    return resized.clamp(0, 255)[0, :, first : first + side, first : first + side].permute(1, 2, 0)


def squashed_by_slim(pixels, side, fraction):
    image = tf.image.central_crop(tf.constant(pixels[0].permute(1, 2, 0).numpy()), fraction)
    return torch.tensor(tf.compat.v1.image.resize_bilinear(image[None], [side, side], align_corners=False)[0].numpy())


def told(pixels, side):
    ends = [pixels[y, x].tolist() for y in (0, side // 2, side - 1) for x in (0, side // 3, side - 1)]
    some = [round(value, 3) for end in ends for value in end]
    return {"mean": round(pixels.mean().item(), 4), "rows": [round(v, 3) for v in pixels.mean((1, 2)).tolist()], "some": some}


def squashed():
    for height, width in SIZES:
        for side, fraction in SQUASHED:
            for mode in ("slim", "bilinear", "bicubic"):
                of = image(height, width)
                pixels = squashed_by_slim(of, side, fraction) if mode == "slim" else squashed_by_timm(of, side, fraction, mode)
                yield {"size": [height, width], "side": side, "centralFraction": fraction, "interpolation": mode, **told(pixels, side)}


def cases():
    for height, width in SIZES:
        for resize_side, side in SIDES:
            for mode in ("bilinear", "bicubic"):
                pixels = middle(image(height, width), resize_side, side, mode)
                yield {"size": [height, width], "resizeSide": resize_side, "side": side, "interpolation": mode, **told(pixels, side)}


FILE = pathlib.Path(__file__).parent.parent / "fixtures" / "antialias.json"
FILE.write_text(json.dumps({"torch": torch.__version__, "tensorflow": tf.__version__, "cases": list(cases()), "squashed": list(squashed())}) + "\n")
