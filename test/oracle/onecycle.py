"""One cycle of learning rate and momentum, as torch and fastai have it: test/fixtures/onecycle.json; torch's with its optimizers: test/fixtures/onecycleoptimizers.json.

Environment: Python 3.10 or 3.11, `pip install fastai==2.8.12 torch==2.13.0`. Command: python test/oracle/onecycle.py
"""
import warnings

import torch
from fastai.callback.schedule import combined_cos
from patterns import number, write_fixture

CASES = {
    "defaults": {"learningRate": 0.01, "steps": 40},
    "short": {"learningRate": 0.01, "steps": 7, "pctStart": 0.3},
    "two": {"learningRate": 0.5, "steps": 10, "pctStart": 0.4, "div": 5, "divFinal": 1000, "moms": [0.9, 0.8, 0.9]},
    "late": {"learningRate": 0.01, "steps": 25, "pctStart": 0.99},
}


def of_torch(learningRate, steps, pctStart=0.25, div=25, divFinal=1e5, moms=(0.95, 0.85, 0.95)):
    weights = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weights], lr=learningRate, momentum=moms[0])
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=learningRate, total_steps=steps, pct_start=pctStart, div_factor=div,
        final_div_factor=divFinal / div, base_momentum=moms[1], max_momentum=moms[0])
    rates, momenta = [], []
    for step in range(steps):
        [group] = optimizer.param_groups
        rates.append(number(group["lr"]))
        momenta.append(number(group["momentum"]))
        if step < steps - 1: scheduler.step()
    return {"rates": rates, "momenta": momenta}


def of_fastai(learningRate, steps, pctStart=0.25, div=25, divFinal=1e5, moms=(0.95, 0.85, 0.95)):
    """What Learner.fit_one_cycle gives ParamScheduler, which asks it at the part of the steps that are done."""
    rate = combined_cos(pctStart, learningRate / div, learningRate, learningRate / divFinal)
    momentum = combined_cos(pctStart, *moms)
    parts = [step / steps for step in range(steps)]
    return {"rates": [number(rate(part)) for part in parts], "momenta": [number(momentum(part)) for part in parts]}


OPTIMIZERS = {
    "adam": lambda w: torch.optim.Adam(w, lr=0.01, betas=(0.9, 0.99)),
    "adamW": lambda w: torch.optim.AdamW(w, lr=0.01, betas=(0.9, 0.99), weight_decay=0.1),
    "momentum": lambda w: torch.optim.SGD(w, lr=0.01, momentum=0.9),
}


def stepped(make, steps=8):
    """Two weights under gradients of 1 and -2, falling."""
    weights = torch.nn.Parameter(torch.tensor([0.5, -1.0]))
    optimizer = make([weights])
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps, pct_start=0.25, final_div_factor=1e5 / 25)
    values = []
    for step in range(steps):
        weights.grad = torch.tensor([1.0, -2.0]) / (step + 1)
        optimizer.step()
        values.append([number(value) for value in weights.detach()])
        if step < steps - 1: scheduler.step()
    return values


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of steps that no optimizer took
    write_fixture("onecycle", {
        library: {name: {"options": options, **cycle(**options)} for name, options in CASES.items()}
        for library, cycle in (("torch", of_torch), ("fastai", of_fastai))
    })
    write_fixture("onecycleoptimizers", {name: stepped(make) for name, make in OPTIMIZERS.items()})
