"""What torchvision's transforms.v2 make of Pillow's images: test/fixtures/augment.json.

    pip install torchvision==0.28.0 torch==2.13.0 pillow==13.0.0 numpy; python test/oracle/augment.py
"""

import base64
import hashlib
import json
from pathlib import Path

import numpy as np
import torch

operators = torch.library.Library("torchvision", "DEF")  # a torchvision without its compiled part does: they are not used here
for name in ("nms", "qnms"):
    try:
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass
from PIL import Image  # noqa: E402
from torchvision.transforms import v2  # noqa: E402
from torchvision.transforms.v2 import functional as F  # noqa: E402

HEIGHT, WIDTH = 29, 38
MODES = {"nearest": v2.InterpolationMode.NEAREST, "bilinear": v2.InterpolationMode.BILINEAR}


def photo():
    y, x, c = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), np.arange(3), indexing="ij")
    return Image.fromarray((20 + (x * 5 + y * (c + 2) + c * 40 + (x * y) % 13 * 4) % 210).astype(np.uint8))


def single():
    f = lambda number: float(np.float32(number))  # amounts are float32 in the graph
    for mode, interpolation in MODES.items():
        moved = dict(interpolation=interpolation, fill=[10, 20, 30])
        for angle in (0, 17, -45.5, 90, 180, 270, 400):
            yield f"rotate {angle} {mode}", lambda i: F.rotate(i, f(angle), **moved)
        for amount in (0.3, -0.99, 0.03):
            degrees = float(np.degrees(np.arctan(f(amount))))
            yield f"shearX {amount} {mode}", lambda i: F.affine(i, 0.0, [0, 0], 1.0, [degrees, 0.0], center=[0, 0], **moved)
            yield f"shearY {amount} {mode}", lambda i: F.affine(i, 0.0, [0, 0], 1.0, [0.0, degrees], center=[0, 0], **moved)
        for amount in (0, 5, -7, 60):
            yield f"translateX {amount} {mode}", lambda i: F.affine(i, 0.0, [amount, 0], 1.0, [0.0, 0.0], **moved)
            yield f"translateY {amount} {mode}", lambda i: F.affine(i, 0.0, [0, amount], 1.0, [0.0, 0.0], **moved)
        yield f"affine a {mode}", lambda i: F.affine(i, f(20.5), [3, -4], f(1.3), [f(7.5), f(-4.25)], **moved)
        yield f"affine b {mode}", lambda i: F.affine(i, f(-8), [0, 0], f(0.7), [0.0, 0.0], center=[5, 9], **moved)
        corners = [[3, 2], [WIDTH - 5, 1], [WIDTH - 2, HEIGHT - 4], [6, HEIGHT - 1]]
        starts = [[0, 0], [WIDTH - 1, 0], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]]
        yield f"perspective {mode}", lambda i: F.perspective(i, starts, corners, **moved)
    for amount in (0, 0.3, 1, 1.7, 0.01, 1.99):
        yield f"brightness {amount}", lambda i: F.adjust_brightness(i, f(amount))
        yield f"color {amount}", lambda i: F.adjust_saturation(i, f(amount))
        yield f"contrast {amount}", lambda i: F.adjust_contrast(i, f(amount))
        yield f"sharpness {amount}", lambda i: F.adjust_sharpness(i, f(amount))
    for bits in (1, 2, 4, 7, 8):
        yield f"posterize {bits}", lambda i: F.posterize(i, bits)
    for threshold in (0, 76.5, 128, 255):
        yield f"solarize {threshold}", lambda i: F.solarize(i, threshold)
    yield "autocontrast", F.autocontrast
    yield "equalize", F.equalize
    yield "invert", F.invert
    yield "grayscale", lambda i: F.rgb_to_grayscale(i, 3)
    yield "erase", lambda i: F.to_pil_image(F.erase(F.pil_to_tensor(i), 4, 6, 9, 11, torch.tensor([124, 117, 104])[:, None, None]))


def policies(image):
    """Each change at some magnitudes, as the policies apply it."""
    policy = v2.RandAugment()
    height, width = image.height, image.width
    for kind, space in (("randAugment", v2.RandAugment), ("trivialAugmentWide", v2.TrivialAugmentWide)):
        for number, (name, (magnitudes_of, signed)) in enumerate(space._AUGMENTATION_SPACE.items()):
            magnitudes = magnitudes_of(31, height, width)
            for bin_ in (0, 6, 9, 14, 30):
                for sign in (1, -1) if signed else (1,):
                    magnitude = 0.0 if magnitudes is None else sign * float(magnitudes[bin_])
                    fill = policy._fill
                    made = policy._apply_image_or_video_transform(image, name, magnitude, interpolation=MODES["nearest"], fill=fill)
                    yield f"{kind} {number} {bin_} {sign}", made


def digest(image):
    return hashlib.sha256(np.asarray(image).tobytes()).hexdigest()[:16]


def blurred(image):
    for size, sigma in ((3, 0.8), (5, 1.1), (23, 2.0)):
        pixels = np.asarray(F.gaussian_blur(image, [size, size], [float(np.float32(sigma))] * 2))
        yield f"{size} {sigma}", base64.b64encode(pixels.tobytes()).decode()


def mixed():
    images = (torch.arange(4 * 3 * 6 * 8).reshape(4, 3, 6, 8) * 37 % 251).float()
    labels = torch.tensor([2, 0, 1, 2])
    flat = lambda tensor: " ".join(f"{float(v):.7g}" for v in tensor.reshape(-1))
    last = lambda tensor: flat(tensor.permute(0, 2, 3, 1))
    made = {"images": last(images), "labels": flat(labels)}
    box = (2, 1, 6, 4)
    share = 1 - (box[2] - box[0]) * (box[3] - box[1]) / 48
    for name, mix, drawn in (("mixup", v2.MixUp(num_classes=3), {"lam": 0.3}), ("cutMix", v2.CutMix(num_classes=3), {"box": box, "lam_adjusted": share})):
        params = {"labels": labels, "batch_size": 4, **drawn}
        made[name] = {"images": last(mix.transform(images, params)), "labels": flat(mix.transform(labels, params))}
    return made


def main():
    image = photo()
    found = {
        "height": HEIGHT,
        "width": WIDTH,
        "photo": digest(image),
        "single": {name: digest(change(image)) for name, change in single()},
        "blurred": dict(blurred(image)),
        "mixed": mixed(),
        "policies": {name: digest(made) for name, made in policies(image)},
    }
    Path("test/fixtures/augment.json").write_text(json.dumps(found, indent=1) + "\n")


main()
