"""Outputs and gradients of single layers on small pattern inputs: test/fixtures/gradients.json.

Inputs are pattern("<case>/<argument>", shape, scale, offset); the gradient that flows in is pattern("<case>/dy", ...).
Runs under any TensorFlow; the fixture was made under tensorflow-cpu 2.15.1 (see slim.py).
Command: python test/oracle/gradients.py
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf  # noqa: E402

from patterns import array, pattern, pattern_integers, write_fixture  # noqa: E402

EPSILON = 1e-5


def batch_norm(x, gamma, beta):
    """Training mode: output, batch mean, biased variance, and the unbiased one that moving averages take."""
    op = tf.raw_ops.FusedBatchNormV3(x=x, scale=gamma, offset=beta, mean=[], variance=[], epsilon=EPSILON,
                                     is_training=True)
    biased = tf.math.reduce_variance(x, axis=[0, 1, 2])
    return {"y": op.y, "batchMean": op.batch_mean, "biasedVariance": biased, "unbiasedVariance": op.batch_variance}


def frozen_batch_norm(x, gamma, beta, mean, variance):
    op = tf.raw_ops.FusedBatchNormV3(x=x, scale=gamma, offset=beta, mean=mean, variance=variance, epsilon=EPSILON,
                                     is_training=False)
    return {"y": op.y}


def conv_same(x, weights, stride=1, rate=1):
    """TF-Slim's conv2d_same: explicit padding where it strides."""
    if stride == 1:
        return {"y": tf.nn.conv2d(x, weights, 1, "SAME", dilations=rate)}
    total = (weights.shape[0] - 1) * rate
    begin, end = total // 2, total - total // 2
    padded = tf.pad(x, [[0, 0], [begin, end], [begin, end], [0, 0]])
    return {"y": tf.nn.conv2d(padded, weights, stride, "VALID", dilations=rate)}


def cross_entropy(logits, classes):
    """Mean over the batch."""
    labels = pattern_integers("crossEntropy/labels", [logits.shape[0]], classes)
    return {"y": tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))}


# Case -> (function, {argument: (shape, scale, offset)}, options).
CASES = {
    "batchNorm": (batch_norm, {"x": ([3, 4, 5, 6], 2.0, 0.5), "gamma": ([6], 0.25, 1.0), "beta": ([6], 0.5, 0.0)}, {}),
    "frozenBatchNorm": (frozen_batch_norm, {
        "x": ([3, 4, 5, 6], 2.0, 0.5), "gamma": ([6], 0.25, 1.0), "beta": ([6], 0.5, 0.0), "mean": ([6], 0.5, 0.0),
        "variance": ([6], 0.5, 1.0)}, {}),
    "relu": (lambda x: {"y": tf.nn.relu(x)}, {"x": ([4, 9], 1.0, 0.0)}, {}),
    "conv": (conv_same, {"x": ([2, 6, 5, 3], 1.0, 0.0), "weights": ([3, 3, 3, 4], 0.5, 0.0)}, {}),
    "convStride2": (conv_same, {"x": ([2, 6, 7, 3], 1.0, 0.0), "weights": ([3, 3, 3, 4], 0.5, 0.0)}, {"stride": 2}),
    "convRoot": (conv_same, {"x": ([1, 10, 12, 3], 1.0, 0.0), "weights": ([7, 7, 3, 2], 0.5, 0.0)}, {"stride": 2}),
    "convRate2": (conv_same, {"x": ([1, 8, 8, 2], 1.0, 0.0), "weights": ([3, 3, 2, 3], 0.5, 0.0)}, {"rate": 2}),
    "maxPool": (lambda x: {"y": tf.nn.max_pool2d(x, 3, 2, "SAME")}, {"x": ([2, 7, 6, 3], 1.0, 0.0)}, {}),
    "subsample": (lambda x: {"y": tf.nn.max_pool2d(x, 1, 2, "VALID")}, {"x": ([2, 7, 6, 3], 1.0, 0.0)}, {}),
    "fullyConnected": (lambda x, weights, biases: {"y": tf.matmul(x, weights) + biases}, {
        "x": ([3, 7], 1.0, 0.0), "weights": ([7, 5], 0.5, 0.0), "biases": ([5], 0.5, 0.0)}, {}),
    "crossEntropy": (cross_entropy, {"logits": ([6, 5], 3.0, 0.0)}, {"classes": 5}),
    "weightDecay": (lambda weights: {"y": 1e-4 * tf.nn.l2_loss(weights)}, {"weights": ([3, 3, 2, 3], 0.5, 0.0)}, {}),
}


def describe(case, function, arguments, options):
    """One case: arguments, outputs, and the gradient of sum(y * dy) by every argument."""
    inputs = {name: tf.constant(pattern(f"{case}/{name}", *made)) for name, made in arguments.items()}
    with tf.GradientTape() as tape:
        tape.watch(inputs.values())
        outputs = function(**inputs, **options)
        dy = pattern(f"{case}/dy", outputs["y"].shape.as_list())
        loss = tf.reduce_sum(outputs["y"] * dy)
    gradients = tape.gradient(loss, inputs)
    return {
        "inputs": {name: {"shape": s, "scale": scale, "offset": offset} for name, (s, scale, offset) in arguments.items()},
        "options": options,
        "outputs": {name: array(value) for name, value in outputs.items()},
        "gradients": {name: array(value) for name, value in gradients.items() if value is not None},
    }


if __name__ == "__main__":
    write_fixture("gradients", {
        "epsilon": EPSILON,
        "labels": pattern_integers("crossEntropy/labels", [6], 5).tolist(),
        "cases": {case: describe(case, *made) for case, made in CASES.items()},
    })
