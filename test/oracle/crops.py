"""What torchvision's FiveCrop and TenCrop make of images: test/fixtures/crops.json.

    pip install torchvision==0.28.0 torch==2.13.0; python test/oracle/crops.py
"""

import hashlib
import json
from pathlib import Path

import torch

operators = torch.library.Library("torchvision", "DEF")  # a torchvision without its compiled part does: they are not used here
for name in ("nms", "qnms"):
    try:
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass
from torchvision.transforms import v2  # noqa: E402

CASES = [(29, 38, 24), (29, 38, 21), (29, 38, 29), (30, 33, 23), (31, 31, 12), (41, 36, 36), (8, 9, 1)]


def image(height, width):
    """[3, height, width]; the number at [y, x, channel] is its place in [height, width, 3], mod 251."""
    return (torch.arange(height * width * 3) % 251).to(torch.uint8).reshape(height, width, 3).permute(2, 0, 1)


def digest(crops):
    pixels = torch.stack(crops).permute(0, 2, 3, 1).contiguous().numpy()
    return hashlib.sha256(pixels.tobytes()).hexdigest()[:16]


cases = [{"height": height, "width": width, "size": size,
          "five": digest(v2.FiveCrop(size)(image(height, width))),
          "ten": digest(v2.TenCrop(size)(image(height, width)))} for height, width, size in CASES]
Path("test/fixtures/crops.json").write_text(json.dumps(cases, indent=1) + "\n")
