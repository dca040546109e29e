#!/usr/bin/env bash
# Keras 3.15.1: a .weights.h5 file numbers a layer's variables (vars/0, vars/1, …) and says neither their names nor which there are. A
# BatchNormalization without gamma (scale=False, as of Keras' Inceptions) and one without beta (center=False) have three each: the file
# of one loads into the other, and what was added to each channel multiplies it then. No error, no warning; the shapes fit.
# Expected: load_weights() refuses variables of another name, as it does those of another shape. Seen: beta's values are gamma's.
# Needs Python 3.11 or newer; about 300 MB are downloaded to a temporary folder.
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


def network(**options):
    layer = keras.layers.BatchNormalization(name="norm", **options)
    return keras.Sequential([keras.Input((4,)), layer]), layer


with_beta, first = network(scale=False)
first.beta.assign(np.full(4, 7.0))
with_beta.save_weights("beta.weights.h5")
with h5py.File("beta.weights.h5") as file:
    stored = sorted(file["layers/batch_normalization/vars"])
with_gamma, second = network(center=False)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    with_gamma.load_weights("beta.weights.h5")
assert not [one for one in told if "weight" in str(one.message)], told
ones = np.ones((1, 4), np.float32)
outputs = [keras.ops.convert_to_numpy(net(ones)).round(2).tolist() for net in (with_beta, with_gamma)]
print("keras", keras.__version__, "stored", stored, "gamma after loading beta's file", keras.ops.convert_to_numpy(second.gamma).tolist(), outputs)
assert stored == ["0", "1", "2"]
assert keras.ops.convert_to_numpy(second.gamma).tolist() == [7.0] * 4
assert outputs == [[[8.0] * 4], [[7.0] * 4]]
PY
