#!/usr/bin/env bash
# Where a schedule changes Adam's beta1, as torch's own OneCycleLR does, torch corrects the mean by 1 - beta1**t with the beta1 of that step, as if it had
# been the same in all; the sum of the weights that the gradients so far have in the mean is 1 minus the product of the betas there were. A gradient that
# is always 1 then has a corrected mean that is not 1: with 0.95 in five steps and 0.85 in the sixth it is 0.55.
# Seen in torch 2.13.0 (CPU). Needs Python 3.10 to 3.14; about 250 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5 --index-url https://download.pytorch.org/whl/cpu ||
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import math

import torch


def steps_of(betas):
    weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([weight], lr=1.0, betas=(betas[0], 0.99), eps=0.0)
    moved = []
    for beta in betas:
        optimizer.param_groups[0]["betas"] = (beta, 0.99)
        before = weight.item()
        weight.grad = torch.ones_like(weight)
        optimizer.step()
        moved.append(before - weight.item())
    return moved


steady, cycled = steps_of([0.95] * 6), steps_of([0.95] * 5 + [0.85])
weights = 1 - math.prod([0.95] * 5 + [0.85])  # of all gradients in the mean
print("torch", torch.__version__, "steady", [round(step, 6) for step in steady], "cycled", [round(step, 6) for step in cycled])
print("mean's weights", round(weights, 4), "corrected by", round(1 - 0.85**6, 4))
assert all(abs(step - 1) < 1e-9 for step in steady + cycled[:5])
assert abs(cycled[5] - weights / (1 - 0.85**6)) < 1e-9 and cycled[5] < 0.7
PYTHON
