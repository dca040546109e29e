"""What entries of other libraries' networks hold, by their names: the same numbers as test/weights/sourcevalues.ts makes.

Kernels are uniform with the variance of He et al., norms' weights in 0.25 .. 0.75, means and biases in -0.1 .. 0.1, variances in 0.5 .. 1.5.
"""
import re

import numpy as np

from patterns import pattern

KERAS_MEAN, KERAS_DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def value_of(name, shape, gain=1):
    """What an entry holds, by its name: equal to sourceValue() of test/weights/sourcevalues.ts."""
    end = name.replace(":0", "").split("/")[-1].split(".")[-1]
    if name.startswith("normalization/"):
        return np.array({"mean": KERAS_MEAN, "variance": KERAS_DEVIATIONS, "count": 0}[end], np.float32)
    if end in ("running_var", "moving_variance"):
        return pattern(name, shape, 0.5, 1.0)
    if len(shape) > 1:
        # of torch the outputs are first, of Keras last; a depthwise kernel has one input
        is_keras = "/" in name
        fan_in = int(np.prod(shape[:-1] if is_keras else shape[1:]))
        if end == "depthwise_kernel" or (is_keras and re.search("dw|depthwise", name) and len(shape) == 4):
            fan_in = int(np.prod(shape[:2]))
        return pattern(name, shape, float(np.sqrt(6 / fan_in)) * gain)
    if end == "gamma" or (end == "weight" and len(shape) == 1):
        return pattern(name, shape, 0.25, 0.5)
    return pattern(name, shape, 0.1)


def balanced_value(name, shape, scales):
    """
    The same for torch, of a network each of whose normalizations has the deviation of what it is given (`scales`, by layer): so nothing grows
    or fades. The second half of a kernel's inputs weighs as the first, negated, so that what all channels have in common is gone.
    """
    layer, end = name.rsplit(".", 1)
    scale = scales.get(layer, 1)
    if end == "running_var":
        return pattern(name, shape, 0.5 * scale * scale, scale * scale)
    if end == "running_mean":
        return pattern(name, shape, 0.1 * scale)
    if len(shape) == 1:
        return pattern(name, shape, 0.5, 1.0) if end == "weight" else pattern(name, shape, 0.3)
    values = value_of(name, shape)
    half = shape[1] // 2
    values[:, half:2 * half] = -values[:, :half]
    return values
