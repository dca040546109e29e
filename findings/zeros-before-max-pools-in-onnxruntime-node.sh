#!/usr/bin/env bash
# onnxruntime-node fuses a Pad of zeros into the MaxPool behind it, whose own padding counts as the lowest number: where all that a window at the border
# sees is below 0, it gives the greatest of that, and not the 0 that stands there. No error, no warning, at every level of graph optimization but "disabled".
# Keras' ResNet v2 is such a network: its first pool counts zeros. PyPI's onnxruntime 1.32.0 gives 0 at its default level, on the same file.
# Seen in onnxruntime-node 1.30.0 (onnx 1.23.2 writes the file). Needs Linux, Node 20 or newer, Python 3.11 or newer; about 400 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts onnxruntime-node@1.30.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0
cat >pool.py <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

images, pooled = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, side, side]) for name, side in [("x", 4), ("y", 2)])
sizes = numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "pads")
zero = numpy_helper.from_array(np.array(0, np.float32), "zero")
nodes = [
    helper.make_node("Pad", ["x", "pads", "zero"], ["padded"]),
    helper.make_node("MaxPool", ["padded"], ["y"], kernel_shape=[3, 3], strides=[2, 2]),
]
graph = helper.make_graph(nodes, "pool", [images], [pooled], [sizes, zero])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, "pool.onnx")
(values,) = onnxruntime.InferenceSession("pool.onnx", providers=["CPUExecutionProvider"]).run(None, {"x": -np.ones([1, 1, 4, 4], np.float32)})
print("onnxruntime", onnxruntime.__version__, "of PyPI:", values.ravel())
assert values.ravel().tolist() == [0, 0, 0, -1], "onnxruntime of PyPI has changed"
PYTHON
venv/bin/python pool.py
cat >pool.js <<'JS'
const assert = require("node:assert");
const ort = require("onnxruntime-node");

(async () => {
  const x = new ort.Tensor("float32", new Float32Array(16).fill(-1), [1, 1, 4, 4]);
  const seen = {};
  for (const graphOptimizationLevel of ["disabled", "basic", "all"]) {
    const session = await ort.InferenceSession.create("pool.onnx", { graphOptimizationLevel });
    seen[graphOptimizationLevel] = [...(await session.run({ x })).y.data];
  }
  console.log("onnxruntime-node 1.30.0:", seen);
  assert.deepEqual(seen.disabled, [0, 0, 0, -1]);
  assert.deepEqual(seen.basic, [-1, -1, -1, -1], "it counts the zeros now");
  assert.deepEqual(seen.all, [-1, -1, -1, -1], "it counts the zeros now");
})();
JS
node pool.js
