"""One cycle of learning rate and momentum: test/fixtures/onecycle.json.

Environment: any Python with torch==2.13.0. Command: python test/oracle/onecycle.py
"""
import warnings

import torch
from patterns import number, write_fixture

CASES = {
    "defaults": {"learningRate": 0.01, "steps": 40},
    "short": {"learningRate": 0.01, "steps": 7, "pctStart": 0.3},
    "two": {"learningRate": 0.5, "steps": 10, "pctStart": 0.4, "div": 5, "divFinal": 1000, "moms": [0.9, 0.8, 0.9]},
    "late": {"learningRate": 0.01, "steps": 25, "pctStart": 0.99},
}


def cycle(learningRate, steps, pctStart=0.25, div=25, divFinal=1e5, moms=(0.95, 0.85, 0.95)):
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


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of steps that no optimizer took
    write_fixture("onecycle", {name: {"options": options, **cycle(**options)} for name, options in CASES.items()})
