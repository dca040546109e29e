"""Losses and their gradients of torch, torchvision, Keras, timm and tf.losses: test/fixtures/losses.json.

Logits are pattern("losses/logits", [batch, classes], scale 3); one image's are far apart, so that its probabilities are
near 0 and 1. Keras clips probabilities at 1e-7, which has no like in ours: its cases take half of the logits. Environment: torch==2.13.0 torchvision==0.28.0 timm==1.0.31 tensorflow-cpu==2.21 keras==3.15.1.
Command: python test/oracle/losses.py
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf2  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

for name in ("nms", "qnms"):  # the package's operations are built for a GPU's torch, and it does not load without these
    torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")
from timm.loss import BinaryCrossEntropy, SoftTargetCrossEntropy  # noqa: E402
from torchvision.ops import sigmoid_focal_loss  # noqa: E402

from patterns import array, number, pattern, pattern_integers, write_fixture  # noqa: E402

tf = tf2.compat.v1
BATCH, CLASSES = 7, 5
WEIGHTS = [0.5, 2.0, 0.0, 1.25, 3.0]
POSITIVE_WEIGHTS = [1.0, 4.0, 0.5, 2.0, 1.5]

LOGITS = pattern("losses/logits", [BATCH, CLASSES], scale=3)
LOGITS[2] = [12, -9, 0, 5, -15]
CLASS_LABELS = pattern_integers("losses/labels", [BATCH], CLASSES)
MIXED = np.abs(pattern("losses/mixed", [BATCH, CLASSES])) ** 4
SOFT = (MIXED / MIXED.sum(1, keepdims=True)).astype(np.float32)
SOFT[1] = [0, 0.3, 0, 0.7, 0]
SOFT[4] = [0, 0, 1, 0, 0]
K_HOT = pattern_integers("losses/kHot", [BATCH, CLASSES], 2).astype(np.float32)
K_HOT[3] = 0
LABELS = {"classes": CLASS_LABELS, "soft": SOFT, "kHot": K_HOT}


def of_torch(loss):
    def run(labels):
        logits = torch.tensor(LOGITS, requires_grad=True)
        given = torch.tensor(labels.astype(np.int64) if labels.dtype == np.int32 else labels)
        value = loss(logits, given)
        value.backward()
        return value.detach().numpy(), logits.grad.numpy()
    return run


def of_tensorflow(loss, scale=1.0):
    def run(labels):
        rows = tf2.one_hot(labels, CLASSES) if labels.dtype == np.int32 else tf2.constant(labels)
        with tf2.GradientTape() as tape:
            logits = tf2.constant(LOGITS * np.float32(scale))
            tape.watch(logits)
            value = loss(rows, logits)
        return value.numpy(), tape.gradient(value, logits).numpy()
    run.scale = scale
    return run


def cross_entropy(smoothing=0.0, weighted=False):
    weight = torch.tensor(WEIGHTS) if weighted else None
    return of_torch(lambda x, y: functional.cross_entropy(x, y, weight=weight, label_smoothing=smoothing))


def focal(gamma, smoothing=0.0, alpha=1.0):
    loss = keras.losses.CategoricalFocalCrossentropy(alpha=alpha, gamma=gamma, from_logits=True, label_smoothing=smoothing)
    return of_tensorflow(loss, 0.5)


def sigmoid(weighted=False):
    weight = torch.tensor(WEIGHTS) if weighted else None
    positive = torch.tensor(POSITIVE_WEIGHTS) if weighted else None
    return of_torch(lambda x, y: functional.binary_cross_entropy_with_logits(x, y, weight=weight, pos_weight=positive))


def sigmoid_focal(alpha):
    return of_torch(lambda x, y: sigmoid_focal_loss(x, y, alpha=alpha, gamma=2, reduction="mean"))


# Name -> (labels, options of ours, the library's loss).
SOFTMAX = {
    "torch": ("classes", {}, cross_entropy()),
    "torch, soft labels": ("soft", {}, cross_entropy()),
    "torch, label_smoothing": ("classes", {"labelSmoothing": 0.1}, cross_entropy(0.1)),
    "torch, label_smoothing of soft labels": ("soft", {"labelSmoothing": 0.2}, cross_entropy(0.2)),
    "torch, weight": ("classes", {"classWeights": WEIGHTS}, cross_entropy(0, True)),
    "torch, weight of soft labels": ("soft", {"classWeights": WEIGHTS}, cross_entropy(0, True)),
    "torch, weight and label_smoothing": (
        "classes", {"labelSmoothing": 0.1, "classWeights": WEIGHTS}, cross_entropy(0.1, True)),
    "torch, weight and label_smoothing of soft labels": (
        "soft", {"labelSmoothing": 0.1, "classWeights": WEIGHTS}, cross_entropy(0.1, True)),
    "timm SoftTargetCrossEntropy": ("soft", {}, of_torch(SoftTargetCrossEntropy())),
    "tf.losses, label_smoothing": ("classes", {"labelSmoothing": 0.1}, of_tensorflow(
        lambda y, x: tf.losses.softmax_cross_entropy(y, x, label_smoothing=0.1))),
    "tf.losses, label_smoothing of soft labels": ("soft", {"labelSmoothing": 0.1}, of_tensorflow(
        lambda y, x: tf.losses.softmax_cross_entropy(y, x, label_smoothing=0.1))),
    "keras CategoricalFocalCrossentropy": ("classes", {"focalGamma": 2}, focal(2.0)),
    "keras CategoricalFocalCrossentropy of soft labels": ("soft", {"focalGamma": 2}, focal(2.0)),
    "keras CategoricalFocalCrossentropy, gamma 0.5": ("classes", {"focalGamma": 0.5}, focal(0.5)),
    "keras CategoricalFocalCrossentropy, label_smoothing": (
        "classes", {"focalGamma": 2, "labelSmoothing": 0.1}, focal(2.0, 0.1)),
    "keras CategoricalFocalCrossentropy of soft labels, alpha": (
        "soft", {"focalGamma": 2, "classWeights": WEIGHTS}, focal(2.0, 0.0, WEIGHTS)),
}
SIGMOID = {
    "torch": ("kHot", {}, sigmoid()),
    "torch, soft labels": ("soft", {}, sigmoid()),
    "torch, weight and pos_weight": (
        "kHot", {"classWeights": WEIGHTS, "positiveWeights": POSITIVE_WEIGHTS}, sigmoid(True)),
    "timm BinaryCrossEntropy": ("classes", {}, of_torch(BinaryCrossEntropy(smoothing=0))),
    "tf.losses, label_smoothing": ("kHot", {"labelSmoothing": 0.1}, of_tensorflow(
        lambda y, x: tf.losses.sigmoid_cross_entropy(y, x, label_smoothing=0.1))),
    "torchvision sigmoid_focal_loss": ("kHot", {"focalGamma": 2}, sigmoid_focal(-1)),
    "torchvision sigmoid_focal_loss, alpha 0.25": (
        "kHot", {"focalGamma": 2, "classWeights": [0.75] * CLASSES, "positiveWeights": [1 / 3] * CLASSES},
        sigmoid_focal(0.25)),
    "keras BinaryFocalCrossentropy, label_smoothing": ("kHot", {"focalGamma": 2, "labelSmoothing": 0.1}, of_tensorflow(
        keras.losses.BinaryFocalCrossentropy(gamma=2, from_logits=True, label_smoothing=0.1), 0.5)),
}


def cases(losses):
    made = {}
    for name, (labels, options, loss) in losses.items():
        value, gradient = loss(LABELS[labels])
        made[name] = {"labels": labels, "options": options, "scale": getattr(loss, "scale", 1.0),
                      "loss": number(value), "gradient": array(gradient)}
    return made


if __name__ == "__main__":
    write_fixture("losses", {
        "logits": array(LOGITS),
        "labels": {name: array(labels) for name, labels in LABELS.items()},
        "softmax": cases(SOFTMAX),
        "sigmoid": cases(SIGMOID),
    })
