#!/usr/bin/env bash
# A SavedModel leaves out attributes that have their default (stripped_default_attrs), and tfjs's graph models have other defaults: a node of
# FusedBatchNormV3 saved with an epsilon of 1e-4 has none in the file, and tfjs takes 1e-3; is_training, true where it is absent, is not looked at at all, so
# that the given moments count in place of the batch's. Div of whole numbers is rounded down, not towards 0, and Cast to uint8 neither wraps nor cuts.
# Of none of them is there an error: whoever writes model.json from a SavedModel's nodes must write the defaults, too, and say by other nodes what tfjs ignores.
# Seen in @tensorflow/tfjs-converter 4.22.0 (the last), against tensorflow-cpu 2.21.0. Needs Node 20 or newer, Python 3.10 to 3.13; about 350 MB are
# downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-converter@4.22.0
cat >save.py <<'PYTHON'
import json

import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

ONE, ZERO = [1.0], [0.0]


def norm(images, is_training, epsilon):
    return tf.raw_ops.FusedBatchNormV3(x=images, scale=ONE, offset=ZERO, mean=ZERO, variance=ZERO, is_training=is_training, epsilon=epsilon)[0]


functions = {
    "epsilon": (lambda x: norm(x, False, 1e-4), tf.ones([1, 1, 2, 1])),
    "is_training": (lambda x: norm(x, True, 1e-3), tf.constant([1.0, 3.0], shape=[1, 1, 2, 1])),
    "Div": (lambda x: tf.raw_ops.Div(x=x, y=2), tf.constant([-7, 7])),
    "Cast": (lambda x: tf.cast(tf.cast(x, tf.uint8), tf.float32), tf.constant([300.25, -1.5])),
}
told = {}
for name, (function, given) in functions.items():
    module = tf.Module()
    module.call = tf.function(function, input_signature=[tf.TensorSpec(given.shape, given.dtype, "x")])
    tf.saved_model.save(module, "saved", signatures=module.call)
    saved = SavedModel.FromString(open("saved/saved_model.pb", "rb").read())
    nodes = [node for one in saved.meta_graphs[0].graph_def.library.function for node in one.node_def]
    told[name] = {"values": function(given).numpy().ravel().tolist(), "attributes": sorted({key for node in nodes if "BatchNorm" in node.op for key in node.attr if key[0] != "_"})}
print(json.dumps(told))
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" save.py 2>told >saved.json || { cat told && exit 1; }
node - <<'JS'
const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const tf = require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");

/** What the last of some nodes gives for x; its constants are [1], [0] and the whole number 2. */
async function values(x, nodes) {
  const constants = { one: tf.tensor1d([1]), zero: tf.tensor1d([0]), two: tf.scalar(2, "int32") };
  const types = { float32: "DT_FLOAT", int32: "DT_INT32" };
  const shaped = ({ dtype, shape }) => ({ dtype: { type: types[dtype] }, shape: { shape: { dim: shape.map((size) => ({ size })) } } });
  const fixed = Object.entries(constants).map(([name, tensor]) => ({ name, op: "Const", attr: shaped(tensor) }));
  const specs = Object.entries(constants).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const weightData = new Uint8Array(Object.values(constants).flatMap((tensor) => [...new Uint8Array(tensor.dataSync().buffer)])).buffer;
  const node = [{ name: "x", op: "Placeholder", attr: shaped(x) }, ...fixed, ...nodes];
  const model = await loadGraphModel({ load: async () => ({ modelTopology: { node, versions: {} }, weightSpecs: specs, weightData }) });
  return [...model.execute({ x }, nodes.at(-1).name).dataSync()];
}
const norm = (attr) => [{ name: "y", op: "FusedBatchNormV3", input: ["x", "one", "zero", "zero", "zero"], attr }];
const float = { type: "DT_FLOAT" };
(async () => {
  const TF = JSON.parse(readFileSync("saved.json", "utf8"));
  const batch = (a, b) => tf.tensor4d([a, b], [1, 1, 2, 1]);
  const cast = (name, from, SrcT, DstT) => ({ name, op: "Cast", input: [from], attr: { SrcT: { type: SrcT }, DstT: { type: DstT } } });
  const seen = {
    epsilon: await values(batch(1, 1), norm({ T: float, is_training: { b: false } })),
    is_training: await values(batch(1, 3), norm({ T: float, epsilon: { f: 1e-3 } })),
    Div: await values(tf.tensor1d([-7, 7], "int32"), [{ name: "y", op: "Div", input: ["x", "two"], attr: { T: { type: "DT_INT32" } } }]),
    Cast: await values(tf.tensor1d([300.25, -1.5]), [cast("bytes", "x", "DT_FLOAT", "DT_UINT8"), cast("y", "bytes", "DT_UINT8", "DT_FLOAT")]),
  };
  const rounded = (numbers) => numbers.map((value) => Math.round(value * 100) / 100);
  for (const name of Object.keys(seen)) console.log(name, "TensorFlow", rounded(TF[name].values), "tfjs", tf.version_core, rounded(seen[name]), ...TF[name].attributes);
  assert.deepEqual(TF.epsilon.attributes, ["T", "U", "is_training"]); // no epsilon, data_format, exponential_avg_factor
  assert.ok(!TF.is_training.attributes.includes("is_training"));
  const all = (of) => Object.keys(seen).map((name) => rounded(of(name)));
  assert.deepEqual(all((name) => TF[name].values), [[100, 100], [-1, 1], [-3, 3], [44, 255]]);
  assert.deepEqual(all((name) => seen[name]), [[31.62, 31.62], [31.62, 94.87], [-4, 3], [300, -1]]);
})();
JS
