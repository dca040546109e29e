#!/usr/bin/env bash
# What TFLite's converter takes without a word and the interpreter computes otherwise than TensorFlow. reduce_mean() of uint8, the mean brightness of a photo's
# bytes, say: 0, whatever the bytes are, since the kernel for quantized bytes multiplies by the scale, and plain bytes have none. Beyond 88 softplus(x) is
# infinite, and log_sigmoid(-x) minus infinite; without the default delegate both stay at 88.72, where TensorFlow has x. reduce_max() passes over NaN.
# (reduce_max and reduce_sum of uint8 are refused by the converter.)
# Seen in tensorflow-cpu 2.21.0, x86_64. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
cat >lite.py <<'PYTHON'
import numpy as np
import tensorflow as tf

KINDS = tf.lite.experimental.OpResolverType


def values(array):
    return [round(float(one), 2) for one in np.ravel(array)]


def look(operation, given):
    """What TensorFlow, TFLite, and TFLite without its default delegate make of a tensor."""
    module = tf.Module()
    module.call = tf.function(operation)
    call = module.call.get_concrete_function(tf.TensorSpec(given.shape, given.dtype))
    contents = tf.lite.TFLiteConverter.from_concrete_functions([call], module).convert()
    seen = [values(call(tf.constant(given)).numpy())]
    for kind in (KINDS.AUTO, KINDS.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        reader = tf.lite.Interpreter(model_content=contents, experimental_op_resolver_type=kind)
        reader.allocate_tensors()
        reader.set_tensor(reader.get_input_details()[0]["index"], given)
        reader.invoke()
        seen.append(values(reader.get_tensor(reader.get_output_details()[0]["index"])))
    return seen


photo = np.full((1, 4, 4, 2), [200, 3], np.uint8)
far = np.array([20, 88, 89, 1000], np.float32)
inf = float("inf")
cases = {
    "mean of bytes": (lambda x: tf.reduce_mean(x, [1, 2]), photo, [[200, 3], [0, 0], [0, 0]]),
    "mean of their floats": (lambda x: tf.reduce_mean(tf.cast(x, tf.float32), [1, 2]), photo, [[200, 3]] * 3),
    "softplus": (tf.nn.softplus, far, [[20, 88, 89, 1000], [20, 88, inf, inf], [20, 88, 88.72, 88.72]]),
    "log_sigmoid": (tf.math.log_sigmoid, -far, [[-20, -88, -89, -1000], [-20, -88, -inf, -inf], [-20, -88, -88.72, -88.72]]),
    "max": (lambda x: tf.reduce_max(x, 1), np.array([[1, np.nan, 3]], np.float32), [[np.nan], [3], [3]]),
}
for name, (operation, given, expected) in cases.items():
    seen = look(operation, given)
    print(name, "TensorFlow", tf.__version__, seen[0], "TFLite", seen[1], "without delegate", seen[2])
    assert all(np.array_equal(one, other, equal_nan=True) for one, other in zip(seen, expected)), (seen, expected)
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" lite.py 2>told || { cat told && exit 1; }
