#!/usr/bin/env bash
# pytorch-grad-cam's aug_smooth=True takes the mean of the maps of six changed images: as it is and mirrored, each with its values times 0.9,
# 1 and 1.1. With targets=None, which means the predicted class, that class is predicted anew for each changed image: near a decision's border
# the smoothed map is a mixture of maps of several classes, and nothing tells it. With the class given it is of that class alone.
# Seen in grad-cam 1.5.7, torch 2.13.0. Needs Python 3.10 to 3.13; about 3 GB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.13.0 torchvision==0.28.0 grad-cam==1.5.7
venv/bin/python - <<'PYTHON'
import numpy as np
import torch

try:
    import torchvision
except RuntimeError:  # built for another torch than this one, e.g. for CUDA: only its compiled operators are missing
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget


class Network(torch.nn.Module):
    """Class 0 by how red the image is, class 1 by how blue, plus a half: which is greater depends on the brightness."""

    def __init__(self):
        super().__init__()
        self.colours = torch.nn.Conv2d(3, 2, 1, bias=False)
        self.colours.weight.data = torch.tensor([[1.0, 0, 0], [0, 0, 0.5]]).reshape(2, 3, 1, 1)

    def forward(self, x):
        return self.colours(x).mean(dim=(2, 3)) + torch.tensor([0.0, 0.5])


image = torch.zeros(1, 3, 8, 8)
image[:, 0, :4] = 2.04  # red above, blue below
image[:, 2, 4:] = 2.0
network = Network().eval()
for brightness in (0.9, 1, 1.1):
    print(f"at brightness {brightness} class {network(image * brightness).argmax().item()} is predicted")
above, below = {}, {}
with GradCAM(model=network, target_layers=[network.colours]) as cam:
    for name, targets in (("predicted", None), ("class 0", [ClassifierOutputTarget(0)]), ("class 1", [ClassifierOutputTarget(1)])):
        heat = np.asarray(cam(image, targets=targets, aug_smooth=True))[0]
        above[name], below[name] = float(heat[:4].mean()), float(heat[4:].mean())
        print(f"{name}: heat {above[name]:.2f} above, {below[name]:.2f} below")
assert above["class 0"] > 0.9 and below["class 0"] < 0.1, (above, below)
assert above["class 1"] < 0.1 and below["class 1"] > 0.9, (above, below)
assert above["predicted"] > 0.2 and below["predicted"] > 0.2, (above, below)
PYTHON
echo "As described."
