#!/usr/bin/env bash
# Keras 3.15.1: a Dense without bias that was quantized to int8 has two variables in a .weights.h5 file, the kernel's whole numbers and a scale for each
# unit: as many, and of the same shapes, as kernel and bias of a Dense that was not. load_weights() takes them for these: the kernel becomes
# numbers up to 127, the bias the scales. No error, no warning, though the file has int8. With the same biases in both the counts differ, and
# loading is refused ("expected 1 variables, but received 2").
# Expected: that refusal. Needs Python 3.11 or newer; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu ||
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 numpy==2.4.6 h5py==3.16.0
cd "$folder"
KERAS_BACKEND=torch "$folder/venv/bin/python" - <<'PY'
import warnings

import h5py
import keras
import numpy as np


def network(use_bias):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, use_bias=use_bias, name="dense")])


source = network(False)
source.layers[0].kernel.assign(np.linspace(-1, 1, 8).reshape(4, 2))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its input layer, which has nothing to quantize
    source.quantize("int8")
source.save_weights("int8.weights.h5")
with h5py.File("int8.weights.h5") as file:
    stored = [(one.dtype.name, one.shape) for one in file["layers/dense/vars"].values()]
target = network(True)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    target.load_weights("int8.weights.h5")
assert not [one for one in told if "weight" in str(one.message)], told
kernel, bias = target.get_weights()
ones = np.ones((1, 4), np.float32)
answers = [keras.ops.convert_to_numpy(model(ones)).round(2).tolist() for model in (source, target)]
print("keras", keras.__version__, "stored", stored, "kernel", kernel.tolist(), "bias", bias.tolist(), "answers", answers)
assert stored == [("int8", (4, 2)), ("float32", (2,))]
assert abs(kernel).max() == 127 and abs(np.array(answers[0])).max() < 2 < 50 < abs(np.array(answers[1])).max()
try:
    network(False).load_weights("int8.weights.h5")
    raise AssertionError("loaded")
except ValueError as error:
    assert "expected 1 variables, but received 2 variables" in str(error), error
PY
