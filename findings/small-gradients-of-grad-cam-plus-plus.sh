#!/usr/bin/env bash
# pytorch-grad-cam's Grad-CAM++ adds 1e-6 to the denominator of each place's weight, g^2 / (2 g^2 + sum(A) g^3), as if only to keep it from 0.
# Gradients g by an activation of many pixels are small themselves: where |g| is below 1e-3 the paper's weight is about 1/2, and the
# library's goes to g^2 / 1e-6: of gradients of 1e-5 its weights are 0.0004 of the paper's, those of small gradients the most, so that the
# maps of one and the same network differ with the scale of its logits. (On a small ResNet they were 0.6 % of the greatest value off at the last
# block, 5 % and 15 % at those before it, whose gradients are smaller.)
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
from pytorch_grad_cam import GradCAMPlusPlus

rng = np.random.default_rng(1)
activation = rng.random((1, 16, 28, 28)).astype(np.float32)
slopes = rng.standard_normal((1, 16, 28, 28)).astype(np.float32)
network = torch.nn.Conv2d(3, 16, 1)  # only to have an object: activation and gradient are given
method = GradCAMPlusPlus(model=network, target_layers=[network])


def paper(gradient):
    """Equation 19 of Chattopadhay et al. 2018 (arXiv 1710.11063)."""
    total = activation.sum(axis=(2, 3), keepdims=True)
    alpha = gradient**2 / (2 * gradient**2 + total * gradient**3)
    return (np.maximum(gradient, 0) * alpha).sum(axis=(2, 3))


def map_of(weights):
    cam = np.maximum((weights[:, :, None, None] * activation).sum(axis=1), 0)
    return cam / cam.max()


apart = {}
for scale in (1e-2, 1e-3, 1e-4, 1e-5):
    gradient = (slopes * scale).astype(np.float64)
    theirs = np.asarray(method.get_cam_weights(None, None, None, activation, gradient))
    share = float(np.abs(theirs).sum() / np.abs(paper(gradient)).sum())
    apart[scale] = share
    print(f"gradients of about {scale:g}: the library's weights are {share:.6f} of the paper's, its map up to {np.abs(map_of(theirs) - map_of(paper(gradient))).max():.3f} off")
assert torch.__version__.startswith("2.13")
assert apart[1e-5] < 1e-3 < 0.1 < apart[1e-2], apart
PYTHON
echo "As described."
