"""What torch makes of images in another size, antialiased: test/fixtures/antialias.json.

As torchvision 0.28 does it (transforms/functional.py: _compute_resized_output_size(), center_crop()): the shorter side to one length,
the longer rounded down, the middle of it, Python's round(). torch's interpolate(antialias=True) has Pillow's kernels, in floats.
Run with torch 2.13: python antialias.py
"""

import json
import pathlib

import torch

SIZES = [(37, 53), (53, 37), (16, 90), (9, 12), (24, 24), (24, 31), (101, 102), (40, 41)]
SIDES = [(24, 17), (23, 16), (20, 20)]


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


def cases():
    for height, width in SIZES:
        for resize_side, side in SIDES:
            for mode in ("bilinear", "bicubic"):
                pixels = middle(image(height, width), resize_side, side, mode)
                ends = [pixels[y, x].tolist() for y in (0, side // 2, side - 1) for x in (0, side // 3, side - 1)]
                some = [round(value, 3) for end in ends for value in end]
                yield {"size": [height, width], "resizeSide": resize_side, "side": side, "interpolation": mode,
                       "mean": round(pixels.mean().item(), 4), "rows": [round(v, 3) for v in pixels.mean((1, 2)).tolist()],
                       "some": some}


FILE = pathlib.Path(__file__).parent.parent / "fixtures" / "antialias.json"
FILE.write_text(json.dumps({"torch": torch.__version__, "cases": list(cases())}) + "\n")
