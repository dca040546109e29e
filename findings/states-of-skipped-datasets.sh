#!/usr/bin/env bash
# The state of a tf.data iterator says where each of its steps stands in the graph, from the root down: a state saved while a dataset was read
# behind skip() is refused by the same dataset without it, though every other step is the same and the next element would be. Whoever resumes by
# skip() once and by a saved state the next time must say with the state how the dataset was begun.
# Seen in tensorflow-cpu 2.21.0: NotFoundError. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import tensorflow as tf

numbers = tf.data.Dataset.range(20)
plain = numbers.batch(2)
skipped = numbers.skip(4).batch(2)


def saved(dataset, path):
    iterator = iter(dataset)
    first = next(iterator).numpy().tolist()
    tf.train.Checkpoint(iterator=iterator).write(path)
    return first


def resumed(dataset, path):
    iterator = iter(dataset)
    try:
        tf.train.Checkpoint(iterator=iterator).read(path).assert_consumed()
        return next(iterator).numpy().tolist()
    except tf.errors.OpError as error:
        return type(error).__name__


print("TensorFlow", tf.__version__)
saved(plain, "plain")
saved(skipped, "skipped")
seen = {
    "plain from plain": resumed(plain, "plain"),
    "skipped from skipped": resumed(skipped, "skipped"),
    "plain from skipped": resumed(plain, "skipped"),
    "skipped from plain": resumed(skipped, "plain"),
}
print(seen)
refused = "NotFoundError"
assert seen == {"plain from plain": [2, 3], "skipped from skipped": [6, 7], "plain from skipped": refused, "skipped from plain": refused}
PYTHON
