#!/usr/bin/env bash
# torch's OneCycleLR can't be made where pct_start * total_steps is exactly 1, as in 10 steps with a rise over a tenth of them: the rise then ends at step
# pct_start * total_steps - 1 = 0, and the first rate is asked for at 0 / 0. One step more, or a share of 0.3, is taken. (fastai's rise ends a step later.)
# Seen in torch 2.13.0 (CPU). Needs Python 3.10 to 3.14; about 250 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5 --index-url https://download.pytorch.org/whl/cpu ||
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.3.5
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import torch


def first(total_steps, pct_start):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    try:
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=total_steps, pct_start=pct_start)
    except ZeroDivisionError as error:
        return type(error).__name__
    return schedule.get_last_lr()[0]


seen = {(steps, share): first(steps, share) for steps, share in [(10, 0.1), (11, 0.1), (20, 0.05), (10, 0.3), (4, 0.25)]}
print("torch", torch.__version__, seen)
assert all(seen[key] == "ZeroDivisionError" for key in [(10, 0.1), (20, 0.05), (4, 0.25)])
assert abs(seen[11, 0.1] - 0.04) < 1e-9 and abs(seen[10, 0.3] - 0.04) < 1e-9
PYTHON
