#!/usr/bin/env bash
# A function that tf.data maps and that decodes a photograph, but gives only its label, never fails on a damaged one: the decoding's result
# is used by nothing, so it is not computed, stateless as it is. Called as a tf.function, or by itself, the same function fails. Whoever looks
# for damaged photographs by iterating over labels finds none.
# Seen in tensorflow-cpu 2.21.0. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import tensorflow as tf


@tf.autograph.experimental.do_not_convert
def label_of(photo, label):
    tf.io.decode_jpeg(photo)
    return label


@tf.autograph.experimental.do_not_convert
def both_of(photo, label):
    return tf.io.decode_jpeg(photo), label


def outcome(work):
    try:
        return work()
    except tf.errors.InvalidArgumentError:
        return "an error"


NONE = tf.constant(b"no photograph")
records = tf.data.Dataset.from_tensors((NONE, 3))
seen = {
    "called": outcome(lambda: label_of(NONE, 3)),
    "mapped, giving the label": outcome(lambda: [int(label) for label in records.map(label_of)]),
    "mapped, giving both": outcome(lambda: [int(label) for _, label in records.map(both_of)]),
}
print("TensorFlow", tf.__version__, seen)
assert seen == {"called": "an error", "mapped, giving the label": [3], "mapped, giving both": "an error"}, seen
PYTHON
