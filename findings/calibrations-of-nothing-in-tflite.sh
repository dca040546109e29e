#!/usr/bin/env bash
# TFLite's converter takes a representative dataset that gives no sample, and writes a float32 model with no word of it, although whole numbers were all that
# was allowed (TFLITE_BUILTINS_INT8) and uint8 was asked for at input and output: a phone that feeds bytes meets floats. So does the same converter when
# it converts once more, where the dataset is a generator's object that the first conversion used up: int8 first, float32 then.
# Without a dataset the same options are refused. (ONNX Runtime's quantize_static raises "No data is collected.")
# Seen in tensorflow-cpu 2.21.0. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
cat >nothing.py <<'PYTHON'
import warnings

import numpy as np
import tensorflow as tf

kernel = tf.constant(np.random.default_rng(1).normal(size=(3, 3, 3, 8)).astype(np.float32))


@tf.function(input_signature=[tf.TensorSpec([1, 8, 8, 3], tf.float32)])
def function(images):
    return tf.nn.relu(tf.nn.conv2d(images, kernel, 1, "SAME"))


def converter():
    made = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    made.optimizations = [tf.lite.Optimize.DEFAULT]
    made.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    made.inference_input_type = made.inference_output_type = tf.uint8
    return made


def types(one):
    """The types of input, kernel and output of what a converter writes, and what it warned of; or the error."""
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            contents = one.convert()
    except ValueError as error:
        return str(error)
    reader = tf.lite.Interpreter(model_content=contents)
    warned = sorted({str(warning.message) for warning in told})
    [images], [output] = reader.get_input_details(), reader.get_output_details()
    [weights] = [tensor for tensor in reader.get_tensor_details() if list(tensor["shape"]) == [8, 3, 3, 3]]
    return [np.dtype(tensor["dtype"]).name for tensor in (images, weights, output)], warned


without, empty, twice = converter(), converter(), converter()
empty.representative_dataset = lambda: iter([])
samples = ([np.full((1, 8, 8, 3), value, np.float32)] for value in (-1, 0, 1))
twice.representative_dataset = lambda: samples
seen = {"without": types(without), "empty": types(empty), "first": types(twice), "second": types(twice)}
print("TensorFlow", tf.__version__, seen)
assert "representative" in seen["without"], seen
(first, told), floats = seen["first"], (["float32"] * 3, seen["first"][1])
assert first == ["uint8", "int8", "uint8"], seen
assert seen["empty"] == seen["second"] == floats, seen  # and warned of nothing else
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" nothing.py 2>told || { cat told && exit 1; }
