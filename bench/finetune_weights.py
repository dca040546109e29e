"""ImageNet's weights for bench/finetune.ts, from one file in torchvision's layout: a state dict, and Keras's weights.

    python bench/finetune_weights.py RESNET50.npz PREFIX
"""

import sys

import numpy as np
import torch

from finetune_keras import resnet50

WEIGHTS, PREFIX = sys.argv[1:]


def main():
    source = dict(np.load(WEIGHTS))
    torch.save({name: torch.from_numpy(value) for name, value in source.items()}, f"{PREFIX}.pt")
    trunk = resnet50()
    for layer in trunk.layers:
        if layer.weights:
            layer.set_weights(values_of(source, layer.name.replace("_", ".")))
    trunk.save_weights(f"{PREFIX}.weights.h5")


def values_of(source, name):
    if f"{name}.running_mean" in source:
        return [source[f"{name}.{one}"] for one in ("weight", "bias", "running_mean", "running_var")]
    return [source[f"{name}.weight"].transpose(2, 3, 1, 0)]


main()
