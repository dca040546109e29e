"""What fastai suggests for recorded curves of a learning rate sweep: test/fixtures/lrfind.json.

Environment: Python 3.10 or 3.11, `pip install fastai==2.8.12 torch==2.13.0`. Command: python test/oracle/lrfind.py
"""
import math

import torch
from fastai.callback.schedule import SchedExp, minimum, steep, valley
from fastai.learner import AvgSmoothLoss
from patterns import number, pattern, write_fixture

START, END, NUM_IT = 1e-7, 10, 100


def falling(rate, i):
    """Flat, down, then up steeply."""
    return 1.6 - 1.2 / (1 + math.exp(-2 * (math.log10(rate) + 2.5))) + (rate / 0.5) ** 3


def early(rate, i):
    return falling(rate * 300, i)


def notANumber(rate, i):
    return math.nan if i >= 70 else falling(rate, i)


def level(rate, i):
    """Every loss twice: ties."""
    return round(falling(rate, i), 1)


CURVES = {"falling": (falling, 0), "noisy": (falling, 0.4), "noisier": (falling, 1), "early": (early, 0.1),
          "notANumber": (notANumber, 0.1), "level": (level, 0)}


class Learn:
    """What AvgSmoothLoss reads."""


def sweep(name):
    """LRFinder's and Recorder's part of a fit, on losses that are given."""
    loss_at, noise = CURVES[name]
    schedule, smooth, best = SchedExp(START, END), AvgSmoothLoss(beta=0.98), math.inf
    noises = pattern(f"lrfind/{name}", [NUM_IT])
    given, rates, losses = [], [], []
    for i in range(NUM_IT):
        rate = schedule(i / NUM_IT)
        learn = Learn()
        learn.loss = torch.tensor(loss_at(rate, i) + noise * float(noises[i]))
        given.append(None if math.isnan(learn.loss) else number(learn.loss.item()))
        smooth.accumulate(learn)
        rates.append(rate)
        losses.append(smooth.value)
        if losses[-1] < best: best = losses[-1]
        if losses[-1] > 4 * best: break
    lrs, values = torch.tensor(rates[NUM_IT // 10:-5]), torch.tensor(losses[NUM_IT // 10:-5])
    nan = torch.nonzero(torch.isnan(values.view(-1)))  # as Learner.lr_find does
    if len(nan) > 0: lrs, values = lrs[:min(nan)], values[:min(nan)]
    suggested = {f.__name__: number(f(lrs, values, NUM_IT)[0]) for f in (valley, steep, minimum)}
    smoothed = [None if math.isnan(loss) else number(loss.item()) for loss in losses]
    return {"given": given, "rates": [number(rate) for rate in rates], "losses": smoothed, "suggested": suggested}


if __name__ == "__main__":
    write_fixture("lrfind", {name: sweep(name) for name in CURVES})
