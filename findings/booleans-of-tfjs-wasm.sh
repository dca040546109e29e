#!/usr/bin/env bash
# tfjs's WASM backend casts to bool by keeping the lowest 8 bits of the whole number: 0.5 and 256 are false, 5 is true, but stays 5, so that a sum counts
# it five times and logicalNot() makes 4 of it. Its oneHot() writes the bits of whole numbers whatever type it is asked for: of "float32" it gives 1.4e-45
# in place of 1, which is 0 in a product, and onValue 0.9 is 0. The CPU backend does what TensorFlow does. A graph model with OneHot of T = DT_FLOAT or
# Cast to DT_BOOL comes here, with no word. Casting oneHot(…, "int32"), and notEqual(x, 0) in place of a cast, are right on both.
# Seen in @tensorflow/tfjs-backend-wasm 4.22.0 (the last). Needs Node 20 or newer; about 60 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
node - <<'JS'
const assert = require("node:assert");
const tf = require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");
require("@tensorflow/tfjs-backend-wasm");

const values = (tensor) => [...tensor.dataSync()];
async function look(backend) {
  await tf.setBackend(backend);
  const numbers = tf.tensor1d([0.5, 256, 5, 0]);
  const truth = tf.cast(numbers, "bool");
  const classes = tf.tensor1d([0, 2], "int32");
  return {
    where: values(tf.where(truth, tf.ones([4]), tf.zeros([4]))),
    compared: values(tf.cast(tf.notEqual(numbers, 0), "float32")),
    sum: values(tf.sum(truth)),
    not: values(tf.logicalNot(truth)),
    oneHot: values(tf.oneHot(classes, 3, 1, 0, "float32")),
    smoothed: values(tf.round(tf.mul(tf.oneHot(classes, 3, 0.9, 0.1, "float32"), 100))),
    casted: values(tf.cast(tf.oneHot(classes, 3), "float32")),
  };
}
(async () => {
  const seen = { cpu: await look("cpu"), wasm: await look("wasm") };
  console.log("tfjs", tf.version_core, seen);
  const right = [1, 0, 0, 0, 0, 1];
  const both = { compared: [1, 1, 1, 0], casted: right };
  const cpu = { where: [1, 1, 1, 0], sum: [3], not: [0, 0, 0, 1], oneHot: right, smoothed: [90, 10, 10, 10, 10, 90] };
  assert.deepEqual(seen.cpu, { ...both, ...cpu });
  const bits = new Float32Array(new Int32Array(right).buffer);
  assert.ok(bits[0] > 0 && bits[0] < 1e-44);
  const wasm = { where: [0, 0, 1, 0], sum: [5], not: [1, 1, 4, 1], oneHot: [...bits], smoothed: [0, 0, 0, 0, 0, 0] };
  assert.deepEqual(seen.wasm, { ...both, ...wasm });
})();
JS
