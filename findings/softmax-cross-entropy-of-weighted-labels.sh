#!/usr/bin/env bash
# tf.nn.softmax_cross_entropy_with_logits takes rows of labels that do not add up to 1, e.g. ones weighed by class: its loss is right for them, its
# gradient is not. It is softmax - labels whatever the sum, where the loss's own slope is sum(labels) * softmax - labels. Weights belong
# outside: loss * weight.
# Seen in tensorflow-cpu 2.21.0, against differences of the loss itself. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import tensorflow as tf

LOGITS = np.array([[0.5, -1.0, 2.0]])
STEP = 1e-5


def loss(logits, labels):
    return tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)[0]


def slopes(labels):
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(logits, labels)
    given = tape.gradient(value, logits).numpy()[0]
    measured = [float(loss(LOGITS + STEP * one, labels) - loss(LOGITS - STEP * one, labels)) / (2 * STEP) for one in np.eye(3)]
    return np.round(given, 4).tolist(), np.round(measured, 4).tolist()


print("TensorFlow", tf.__version__)
for labels, equal in (([[0.0, 0.3, 0.7]], True), ([[0.0, 0.3, 1.7]], False)):
    given, measured = slopes(np.array(labels))
    print("labels", labels, "gradient", given, "measured", measured)
    assert np.allclose(given, measured, atol=1e-3) == equal
PYTHON
