#!/usr/bin/env bash
# Keras 3.15.1: an .h5 file holds the weights of a model within a model in the order in which it had them, trainable ones first, and load_weights() goes by
# place alone. One that was saved frozen, as in transfer learning, has its batch norms' moments in the midst; the same model not frozen has them
# last: each mean is loaded as a variance, each gamma as a mean, for all have one shape. No error, no warning, though the file has each weight's
# name beside it. load_model() of the same file and .weights.h5 are right.
# Expected: weights where their names are. Seen: other predictions. Needs Python 3.11 or newer; about 300 MB are downloaded to a temporary folder.
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


def network(trainable):
    norms = [keras.layers.BatchNormalization(name=name) for name in ("first", "second")]
    inner = keras.Sequential([keras.Input((4,)), *norms], name="inner")
    inner.trainable = trainable
    return keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(1, name="head")])


def values(model):
    return [float(keras.ops.convert_to_numpy(one)[0]) for norm in model.layers[0].layers for one in norm.weights]


frozen = network(False)
for place, variable in enumerate(one for norm in frozen.layers[0].layers for one in norm.weights):
    variable.assign(np.full(4, place + 1.0))
frozen.save("frozen.h5")
frozen.save_weights("frozen.weights.h5")
names = list(h5py.File("frozen.h5")["model_weights/inner"].attrs["weight_names"])
thawed, new = network(True), network(True)
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    thawed.load_weights("frozen.h5")
    new.load_weights("frozen.weights.h5")
assert not [one for one in told if "weight" in str(one.message)], told
whole = keras.models.load_model("frozen.h5", compile=False)
photo = np.ones((1, 4), np.float32)
answers = [float(keras.ops.convert_to_numpy(model(photo))[0, 0]) for model in (frozen, thawed)]
print("keras", keras.__version__, "stored", names)
print("saved", values(frozen), "loaded", values(thawed), "answers", answers)
assert values(frozen) == values(whole) == values(new) == [1, 2, 3, 4, 5, 6, 7, 8]
assert values(thawed) == [1, 2, 5, 6, 3, 4, 7, 8] and abs(answers[0] - answers[1]) > 1e-3
PY
