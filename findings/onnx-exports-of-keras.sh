#!/usr/bin/env bash
# Keras' model.export("file.onnx", format="onnx") from TensorFlow tells "Saved artifact" of files that nobody can use as they are, and of one that computes
# something else; onnx.checker has nothing against the first and the last:
# - Normalization, adapted or given its mean: mean and deviation become two inputs of the file that must be fed, as they do of keras.applications'
#   EfficientNets, which begin with it; the numbers are in the file nowhere. (They are tensors that the function captures, not variables.)
# - activation="gelu", the exact one: an operation "Erfc" that ONNX does not have; no runtime loads the file. A line of the log says "not supported".
# - Resizing(interpolation="area"): the nearest pixel in place of the mean.
# Seen in keras 3.15.1, tf2onnx 1.17.0, tensorflow-cpu 2.21.0, onnxruntime 1.32.0. Needs Python 3.11 to 3.13; about 450 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 tf2onnx==1.17.0 onnx==1.23.2 onnxruntime==1.32.0
cd "$folder"
cat >export.py <<'PYTHON'
import contextlib
import io

import keras
import numpy as np
import onnx
import onnxruntime

layers = keras.layers
photo = np.random.default_rng(1).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)


def exported(model):
    """The inputs of the file that Keras says it has saved, and whether onnx.checker takes it; Keras' own answer."""
    answer = np.asarray(model(photo, training=False))
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        model.export("file.onnx", format="onnx")
    assert "Saved artifact" in told.getvalue()
    names = [one.name for one in onnx.load("file.onnx").graph.input]
    try:
        onnx.checker.check_model("file.onnx")
    except onnx.checker.ValidationError as error:
        return names, str(error), answer
    return names, "", answer


def run(feed):
    return onnxruntime.InferenceSession("file.onnx", providers=["CPUExecutionProvider"]).run(None, feed)[0]


def of(*chain):
    return keras.Sequential([keras.Input((32, 32, 3)), *chain])


adapted = layers.Normalization()
adapted.adapt(photo)
efficient = keras.applications.EfficientNetB0(weights=None, include_top=False, input_shape=(32, 32, 3))
for name, model in (("Normalization", of(adapted)), ("EfficientNetB0", efficient)):
    names, refused, _ = exported(model)
    print("keras", keras.__version__, name, "has the inputs", names)
    assert not refused and len(names) == 3 and names[1].endswith("/Sub/y:0") and names[2].endswith("/Sqrt/x:0"), (names, refused)
    try:
        run({names[0]: photo})
        raise AssertionError("it runs by the photo alone")
    except ValueError as error:
        assert "are missing from input feed" in str(error), error

names, refused, _ = exported(of(layers.Conv2D(4, 3, activation="gelu")))
print("gelu:", refused.splitlines()[0][:80])
assert "No Op registered for Erfc" in refused

names, refused, means = exported(of(layers.Resizing(8, 8, interpolation="area")))
seen = run({names[0]: photo})
print("area: furthest from the mean", abs(seen - means).max(), "from a pixel of the photo", abs(seen - photo[:, ::4, ::4]).max())
assert not refused and np.allclose(means, photo.reshape(1, 8, 4, 8, 4, 3).mean((2, 4)), atol=1e-3)
assert abs(seen - means).max() > 50 and (seen == photo[:, ::4, ::4]).all()
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" export.py 2>told || { cat told && exit 1; }
grep "is not supported" told
