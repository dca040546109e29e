#!/usr/bin/env bash
# tf.data says "Error in user-defined function passed to ..." of an error of map's function, but not where batch comes after map: there
# the same error has no such words.
# Seen in tensorflow-cpu 2.21.0. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import tensorflow as tf

WORDS = "Error in user-defined function"


def message(dataset):
    try:
        for _ in dataset:
            pass
    except tf.errors.InvalidArgumentError as error:
        return error.message
    raise AssertionError("no error")


print("TensorFlow", tf.__version__)
for parallel in (None, 2):
    mapped = tf.data.Dataset.from_tensors(b"no image").map(tf.io.decode_png, num_parallel_calls=parallel)
    seen = {"map": mapped, "map, batch": mapped.batch(1), "map, prefetch": mapped.prefetch(1), "map, batch, prefetch": mapped.batch(1).prefetch(1)}
    said = {steps: message(dataset) for steps, dataset in seen.items()}
    for steps, text in said.items():
        print(f"{steps} (num_parallel_calls={parallel}):", text.split("}} ", 1)[-1].split("\n")[0])
    assert [steps for steps, text in said.items() if WORDS in text] == ["map", "map, prefetch"], said
PYTHON
