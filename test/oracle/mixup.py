"""Batches that timm mixes, and their losses: test/fixtures/mixup.json.

Images, labels and the weights that make logits of mean colours are patterns. `box` is [top, bottom, left, right]. timm mixes the first
photo of a batch with the last, the second with the last but one.
Environment: torch==2.13.0 torchvision==0.28.0 timm==1.0.31. Command: python test/oracle/mixup.py
"""
import numpy as np
import torch

for name in ("nms", "qnms"):  # the package's operations are built for a GPU's torch, and it does not load without these
    torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")
from timm.data import mixup  # noqa: E402
from timm.loss import SoftTargetCrossEntropy  # noqa: E402

from patterns import array, number, pattern, pattern_integers, write_fixture  # noqa: E402

BATCH, CLASSES, HEIGHT, WIDTH = 4, 3, 5, 6
IMAGES = pattern("mixup/images", [BATCH, HEIGHT, WIDTH, 3], scale=100)
LABELS = pattern_integers("mixup/classes", [BATCH], CLASSES)
WEIGHTS = pattern("mixup/weights", [3, CLASSES], scale=0.1)
CASES = {
    "mixup": {"mixup_alpha": 0.8, "cutmix_alpha": 0.0, "label_smoothing": 0.0},
    "mixup, label_smoothing": {"mixup_alpha": 0.8, "cutmix_alpha": 0.0, "label_smoothing": 0.1},
    "CutMix": {"mixup_alpha": 0.0, "cutmix_alpha": 1.0, "label_smoothing": 0.0},
    "CutMix, label_smoothing": {"mixup_alpha": 0.0, "cutmix_alpha": 1.0, "label_smoothing": 0.1},
}


def mixed(options):
    """What timm draws, and what it then makes; the logits are those of the mean colours."""
    mix = mixup.Mixup(num_classes=CLASSES, **options)
    np.random.seed(3)
    share, is_cut = mix._params_per_batch()
    box = None
    if is_cut:
        box, share = mixup.cutmix_bbox_and_lam((HEIGHT, WIDTH), share)
    np.random.seed(3)
    images, targets = mix(torch.tensor(IMAGES).permute(0, 3, 1, 2).clone(), torch.tensor(LABELS))
    loss = SoftTargetCrossEntropy()(images.mean((2, 3)) @ torch.tensor(WEIGHTS), targets)
    return {"labelSmoothing": options["label_smoothing"], "share": number(share), "box": box and [int(side) for side in box],
            "images": array(images.permute(0, 2, 3, 1).numpy()), "targets": array(targets.numpy()), "loss": number(loss)}


if __name__ == "__main__":
    write_fixture("mixup", {name: mixed(options) for name, options in CASES.items()})
