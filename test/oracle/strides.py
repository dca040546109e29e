"""ResNet-50 v1 strided as torchvision and as keras.applications, on pattern weights: test/fixtures/strides.json.

Written out with TensorFlow's own operations: explicit padding everywhere, the root's pooling too.
Runs under any TensorFlow. Command: python test/oracle/strides.py
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf  # noqa: E402

from patterns import pattern_images, pattern_variable, summarize, write_fixture  # noqa: E402

NETWORK = "resnet_v1_50"
SHAPE = [2, 96, 96, 3]
BLOCKS = [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]
EPSILON = 1e-5


def pad(x, margin):
    return tf.pad(x, [[0, 0], [margin, margin], [margin, margin], [0, 0]])


def convolution(x, scope, depth, kernel=1, stride=1):
    """Convolution and frozen batch norm."""
    weights = pattern_variable(f"{scope}/weights", [kernel, kernel, x.shape[3], depth])
    y = tf.nn.conv2d(pad(x, kernel // 2), weights, stride, "VALID")
    norm = {name: pattern_variable(f"{scope}/BatchNorm/{name}", [depth])
            for name in ("gamma", "beta", "moving_mean", "moving_variance")}
    return (y - norm["moving_mean"]) / tf.sqrt(norm["moving_variance"] + EPSILON) * norm["gamma"] + norm["beta"]


def unit(x, scope, bottleneck, stride, strides):
    """A bottleneck that strides in its 3x3 (torchvision) or its first 1x1 (keras) convolution."""
    depth = 4 * bottleneck
    first, second = (stride, 1) if strides == "keras" else (1, stride)
    shortcut = x if x.shape[3] == depth else convolution(x, f"{scope}/shortcut", depth, 1, stride)
    y = tf.nn.relu(convolution(x, f"{scope}/conv1", bottleneck, 1, first))
    y = tf.nn.relu(convolution(y, f"{scope}/conv2", bottleneck, 3, second))
    return tf.nn.relu(shortcut + convolution(y, f"{scope}/conv3", depth))


def blocks(strides):
    """Summaries of the blocks' outputs."""
    x = tf.nn.relu(convolution(tf.constant(pattern_images("images", SHAPE)), f"{NETWORK}/conv1", 64, 7, 2))
    x = tf.nn.max_pool2d(pad(x, 1), 3, 2, "VALID")
    result = {}
    for b, (bottleneck, units, stride) in enumerate(BLOCKS, 1):
        for u in range(units):
            scope = f"{NETWORK}/block{b}/unit_{u + 1}/bottleneck_v1"
            x = unit(x, scope, bottleneck, stride if u == 0 else 1, strides)
        result[f"{NETWORK}/block{b}"] = summarize(x.numpy())
    return result


if __name__ == "__main__":
    write_fixture("strides", {
        "network": NETWORK,
        "images": {"name": "images", "shape": SHAPE},
        "endpoints": {strides: blocks(strides) for strides in ("torchvision", "keras")},
    })
