#!/usr/bin/env bash
# A representative dataset of TFLite's converter may give each sample as a list. It goes to the model's inputs by the alphabet of their names, not in the
# order of the function's arguments, nor of keras.Model([photo, mask], …), by which the model itself takes a list: with two inputs of one
# shape each is calibrated with what belongs to the other. No error, no warning; a photo of 0 … 255 is then cut to -1 … 1. A dict by names is right.
# Seen in tensorflow-cpu 2.21.0, from functions, SavedModels and Keras models alike. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1
cd "$folder"
cat >samples.py <<'PYTHON'
import contextlib
import io

import keras
import numpy as np
import tensorflow as tf

ROW = tf.TensorSpec([None, 8], tf.float32)
PHOTO = np.linspace(0, 255, 8, dtype=np.float32)[None]
MASK = np.linspace(-1, 1, 8, dtype=np.float32)[None]
weights = tf.constant(np.random.default_rng(1).normal(size=(8, 4)).astype(np.float32))


@tf.function(input_signature=[ROW, ROW])
def function(photo, mask):
    return {"logits": tf.matmul(photo, weights) + tf.matmul(mask, weights)}


def keras_model():
    photo, mask = keras.Input((8,), name="photo"), keras.Input((8,), name="mask")
    return keras.Model([photo, mask], keras.layers.Dense(4)(photo) + keras.layers.Dense(4)(mask))


def scales(converter, sample):
    """What one step of each quantized input is worth, by the input's name."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.representative_dataset = lambda: iter([sample] * 4)
    with contextlib.redirect_stdout(io.StringIO()):  # Keras tells what it saves on the way
        reader = tf.lite.Interpreter(model_content=converter.convert())
    names = {reader.get_signature_runner().get_input_details()[name]["index"]: name for name in ("photo", "mask")}
    return {names[one["index"]]: round(float(one["quantization"][0]), 4) for one in reader.get_input_details()}


module = tf.Module()
module.function = function
tf.saved_model.save(module, "saved", signatures=function)
ways = {
    "function": lambda: tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], module),
    "SavedModel": lambda: tf.lite.TFLiteConverter.from_saved_model("saved"),
    "Keras": lambda: tf.lite.TFLiteConverter.from_keras_model(keras_model()),
}
for way, converter in ways.items():
    listed = scales(converter(), [PHOTO, MASK])
    named = scales(converter(), {"photo": PHOTO, "mask": MASK})
    print("TensorFlow", tf.__version__, way, "a step, samples as a list", listed, "as a dict", named)
    assert named == {"photo": 1.0, "mask": 0.0078}, named
    assert listed == {"photo": 0.0078, "mask": 1.0}, listed
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" samples.py 2>told || { cat told && exit 1; }
! grep -i "representative" told
