"""ROAD of pytorch-grad-cam 1.5.7 on maps without ties: writes road.json.

Environment: torch==2.13.0 torchvision==0.28.0 grad-cam==1.5.7.
"""
import json

import numpy as np
import torch
from pytorch_grad_cam.metrics import road

from patterns import FIXTURES, unit_pattern
from torchnet import BATCH, SIDE, images, network

PERCENTILES = [10, 20, 30, 40, 50, 60, 70, 80, 90]
CLASSES = [2, 4]


def ranked(values):
    """Each pixel's rank over their number: 0 … 1, no two alike, and 1 less each is exact in float32."""
    ranks = np.empty(values.size)
    ranks[np.argsort(values, kind="stable")] = np.arange(values.size)
    return (ranks / values.size).astype(np.float32).reshape(SIDE, SIDE)


def noise_map(image):
    return ranked(unit_pattern(f"road/{image}", SIDE * SIDE))


def bump_map(image):
    """Hottest around a place, so that holes are large."""
    row, column = [(20, 24), (40, 13)][image]
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return ranked(-((rows - row) ** 2 + (columns - column) ** 2).astype(np.float64).reshape(-1))


def road_of(model, pixels, maps):
    road.NoisyLinearImputer.__init__.__defaults__ = (0.0, road.neighbors_weights)  # no noise
    targets = [lambda logits, index=index: logits.softmax(-1)[index] for index in CLASSES]
    most = road.ROADMostRelevantFirst
    least = road.ROADLeastRelevantFirst
    curve = lambda kind: [kind(p)(pixels, maps, targets, model, return_diff=False).tolist() for p in PERCENTILES]
    _, filled = most(50)(pixels, maps, targets, model, return_visualization=True)
    samples = filled.permute(0, 2, 3, 1)[:, 5::11, 3::13]
    return {
        "combined": road.ROADCombined(PERCENTILES)(pixels, maps, targets, model).tolist(),
        "most": np.array(curve(most)).T.tolist(),
        "least": np.array(curve(least)).T.tolist(),
        "filled": {"shape": list(samples.shape), "values": samples.reshape(-1).tolist()},
    }


if __name__ == "__main__":
    torch.manual_seed(0)
    pixels = images()
    result = {"percentiles": PERCENTILES, "classes": CLASSES, "maps": {}}
    for name, make in {"noise": noise_map, "bump": bump_map}.items():
        maps = np.stack([make(image) for image in range(BATCH)])
        result["maps"][name] = road_of(network(), pixels, maps)
    rounded = json.loads(json.dumps(result), parse_float=lambda text: float(f"{float(text):.9g}"))
    (FIXTURES / "road.json").write_text(json.dumps(rounded) + "\n")
