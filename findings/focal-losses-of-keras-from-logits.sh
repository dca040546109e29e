#!/usr/bin/env bash
# Keras' focal cross-entropies with from_logits=True are computed from probabilities that were cut at 1e-7, as if no logits had been given: a photo that the
# network gets wrong by more than 16 in the logits has a constant loss and no gradient, so it is never learned. The plain cross-entropy goes on.
# Seen in keras 3.15.1 on torch 2.13.0 (CPU). Needs Python 3.11 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu ||
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1
cd "$folder"
KERAS_BACKEND=torch "$folder/venv/bin/python" - <<'PYTHON'
import keras
import torch


def slope(loss, labels, logits):
    """The loss's value, and its gradient by the first logit."""
    logits = torch.tensor([logits], requires_grad=True)
    value = loss(torch.tensor([labels]), logits)
    value.backward()
    return round(value.item(), 2), round(logits.grad[0, 0].item(), 4)


losses = keras.losses
seen = {}
for name, loss, labels in [
    ("categorical", losses.CategoricalCrossentropy(from_logits=True), [1.0, 0.0]),
    ("categorical focal", losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0, from_logits=True), [1.0, 0.0]),
    ("binary", losses.BinaryCrossentropy(from_logits=True), [1.0]),
    ("binary focal", losses.BinaryFocalCrossentropy(gamma=2.0, from_logits=True), [1.0]),
]:
    seen[name] = [slope(loss, labels, [-far] + [0.0] * (len(labels) - 1)) for far in (10.0, 20.0)]
    print("Keras", keras.__version__, name, "(loss, gradient) at logits -10 and -20:", seen[name])
for name in ("categorical", "binary"):
    assert seen[name][1][0] > 19.9 and seen[name][1][1] < -0.99, seen[name]
    focal = seen[name + " focal"]
    assert focal[0][1] < -0.9 and 16 < focal[1][0] < 16.2 and focal[1][1] == 0, focal
PYTHON
