#!/usr/bin/env bash
# Captum's IntegratedGradients(...).attribute(method="riemann_trapezoid", n_steps=n) gives attributions that are (n - 1) / n of the
# integral: its n points go from the baseline to the image, both included, and so lie 1 / (n - 1) apart, but are weighted as if they lay
# 1 / n apart (1 / 2n at both ends); its weights add up to 1 - 1 / n. Of a linear network, whose integral any rule has exactly, two steps give
# half of it. The other rules (left, middle, right, gausslegendre) give the whole. Completeness, which makes the method what it is, does not
# hold, and return_convergence_delta=True tells it.
# Seen in captum 0.9.0, torch 2.13.0. Needs Python 3.10 to 3.13; about 1 GB is downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.13.0 captum==0.9.0
venv/bin/python - <<'PYTHON'
import torch
from captum.attr import IntegratedGradients

network = torch.nn.Linear(3, 1, bias=False)
network.weight.data = torch.tensor([[1.0, 2.0, 3.0]])
image = torch.ones(1, 3)
score = network(image).item()  # 6, and 0 at the baseline
for method in ("riemann_left", "riemann_middle", "riemann_right", "gausslegendre", "riemann_trapezoid"):
    for steps in (2, 5, 10, 50):
        values, delta = IntegratedGradients(network).attribute(
            image, target=0, n_steps=steps, method=method, return_convergence_delta=True)
        share = values.sum().item() / score
        print(f"{method}, {steps} steps: {share:.4f} of the difference of the scores, delta {delta.item():.3f}")
        expected = (steps - 1) / steps if method == "riemann_trapezoid" else 1
        assert abs(share - expected) < 1e-5, (method, steps, share)
        assert abs(delta.item() - (expected - 1) * score) < 1e-4, (method, steps, delta)
PYTHON
echo "As described."
