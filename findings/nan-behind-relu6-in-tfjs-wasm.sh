#!/usr/bin/env bash
# tfjs's WASM backend gives 0 for relu6(NaN), and for clipByValue(NaN, 0, 6), alone and fused into a convolution, a depthwise one or a product of
# matrices, where its CPU backend gives NaN, as TensorFlow does. So a network with NaN for weights answers: all that it saw of the photo is 0, and
# what is left are the biases of the last layer, as probabilities that add up to 1, the same for each photo. relu() of its own keeps NaN, fused into a
# product of matrices it does not.
# Seen in @tensorflow/tfjs-backend-wasm 4.22.0 (the last), x86_64. Needs Node 20 or newer; about 60 MB are downloaded to a temporary folder.
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

/** What is different of a tensor's values, as text. */
const values = (tensor) => [...new Set(tensor.dataSync())].map((value) => value.toFixed(3)).join(" ");
/** A network whose first kernel is NaN: what it says of a photo. */
function scores(seed) {
  const photo = tf.randomUniform([1, 8, 8, 3], 0, 1, "float32", seed);
  const seen = tf.fused.conv2d({ x: photo, filter: tf.fill([3, 3, 3, 8], NaN), strides: 2, pad: "same", activation: "relu6" });
  const logits = tf.add(tf.matMul(tf.mean(seen, [1, 2]), tf.ones([8, 3])), tf.tensor1d([0, 1, 3]));
  return values(tf.softmax(logits));
}
async function look(backend) {
  await tf.setBackend(backend);
  const lost = tf.fill([1, 2, 2, 1], NaN);
  const layer = { x: lost, filter: tf.ones([1, 1, 1, 1]), strides: 1, pad: "same" };
  const product = { a: tf.tensor2d([[NaN]]), b: tf.ones([1, 1]) };
  return {
    relu: values(tf.relu(lost)),
    relu6: values(tf.relu6(lost)),
    clipByValue: values(tf.clipByValue(lost, 0, 6)),
    "conv2d relu6": values(tf.fused.conv2d({ ...layer, activation: "relu6" })),
    "depthwiseConv2d relu6": values(tf.fused.depthwiseConv2d({ ...layer, activation: "relu6" })),
    "matMul relu": values(tf.fused.matMul({ ...product, activation: "relu" })),
    network: [scores(1), scores(2)],
  };
}
(async () => {
  const seen = { cpu: await look("cpu"), wasm: await look("wasm") };
  console.log("tfjs", tf.version_core, seen);
  const { network: lost, ...cpu } = seen.cpu;
  const { network: answers, relu, ...wasm } = seen.wasm;
  assert.deepEqual([...new Set(Object.values(cpu))], ["NaN"]);
  assert.deepEqual(lost, ["NaN", "NaN"]);
  assert.equal(relu, "NaN");
  assert.deepEqual([...new Set(Object.values(wasm))], ["0.000"]);
  assert.deepEqual(answers, ["0.042 0.114 0.844", "0.042 0.114 0.844"]);
})();
JS
