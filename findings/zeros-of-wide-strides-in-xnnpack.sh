#!/usr/bin/env bash
# XNNPACK, which computes convolutions in tfjs's WASM backend and in TensorFlow's TFLite interpreter, gives zeros for one, depthwise or not, with padding "same"
# whose stride is greater than its kernel (2 or more wide), where the last window would end before the image does: 3 x 3 by 4 on 224 pixels, 2 x 2 by 3 on 9.
# No error, no warning; every pixel of every channel is 0, and what follows computes on. On 225 pixels, with "valid", by 1 x 1 kernels, on tfjs's CPU
# backend and in TFLite without its default delegate the numbers are right.
# Seen in @tensorflow/tfjs-backend-wasm 4.22.0 (the last), tensorflow-cpu 2.21.0. Needs Node 20 or newer, Python 3.11 to 3.13; about 400 MB are downloaded to a
# temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cat >lite.py <<'PYTHON'
import numpy as np
import tensorflow as tf

KINDS = tf.lite.experimental.OpResolverType


def numbers(values):
    return sorted(int(value) for value in set(values.ravel()))


def convolve(operation, pixels, size, stride, padding):
    """What a convolution by kernels of ones makes of an image of ones, in TensorFlow, in TFLite, and in TFLite without its delegate."""
    kernel = tf.ones([size, size, 1, 4] if operation is tf.nn.conv2d else [size, size, 1, 1])
    images = tf.ones([1, pixels, pixels, 1])
    module = tf.Module()
    module.call = tf.function(lambda given: operation(given, kernel, [1, stride, stride, 1], padding))
    call = module.call.get_concrete_function(images)
    contents = tf.lite.TFLiteConverter.from_concrete_functions([call], module).convert()
    seen = [numbers(call(images).numpy())]
    for kind in (KINDS.AUTO, KINDS.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
        reader = tf.lite.Interpreter(model_content=contents, experimental_op_resolver_type=kind)
        reader.allocate_tensors()
        reader.set_tensor(reader.get_input_details()[0]["index"], images.numpy())
        reader.invoke()
        seen.append(numbers(reader.get_tensor(reader.get_output_details()[0]["index"])))
    return seen


lost = {(224, 3, 4, "SAME"): 9, (9, 2, 3, "SAME"): 4}
right = [(224, 3, 4, "VALID"), (225, 3, 4, "SAME"), (224, 3, 2, "SAME"), (224, 1, 4, "SAME")]
for operation in (tf.nn.conv2d, tf.nn.depthwise_conv2d):
    for of in (*lost, *right):
        whole, lite, plain = convolve(operation, *of)
        print("TensorFlow", tf.__version__, operation.__name__, of, whole, "TFLite", lite, "without delegate", plain)
        assert plain == whole and (of not in lost or whole == [lost[of]]), of
        assert lite == ([0] if of in lost else whole), of
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" lite.py 2>told || { cat told && exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
node - <<'JS'
const assert = require("node:assert");
const tf = require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");
require("@tensorflow/tfjs-backend-wasm");

/** What a convolution by kernels of ones makes of an image of ones: its size and its values, which are the numbers of pixels below the kernel. */
function convolve(operation, pixels, size, stride, pad) {
  const kernel = tf.ones(operation === "conv2d" ? [size, size, 1, 4] : [size, size, 1, 1]);
  const result = tf[operation](tf.ones([1, pixels, pixels, 1]), kernel, stride, pad);
  return `${result.shape[1]}: ${[...new Set(result.dataSync())].sort((a, b) => a - b)}`;
}
async function look(backend) {
  await tf.setBackend(backend);
  const seen = {};
  for (const operation of ["conv2d", "depthwiseConv2d"]) {
    for (const [pixels, size, stride] of [[224, 3, 4], [9, 2, 3], [225, 3, 4], [224, 3, 2], [224, 1, 4]]) {
      for (const pad of ["same", "valid"]) seen[`${operation} ${pixels} pixels, ${size} by ${stride}, ${pad}`] = convolve(operation, pixels, size, stride, pad);
    }
  }
  return seen;
}
(async () => {
  const [cpu, wasm] = [await look("cpu"), await look("wasm")];
  const other = Object.keys(cpu).filter((name) => cpu[name] !== wasm[name]);
  for (const name of other) console.log("tfjs", tf.version_core, name, "cpu", cpu[name], "wasm", wasm[name]);
  const lost = [["224 pixels, 3 by 4, same", "56: 9", "56: 0"], ["9 pixels, 2 by 3, same", "3: 4", "3: 0"]];
  const expected = ["conv2d", "depthwiseConv2d"].flatMap((operation) => lost.map(([name, right, seen]) => [`${operation} ${name}`, right, seen]));
  assert.deepEqual(other.map((name) => [name, cpu[name], wasm[name]]), expected);
})();
JS
