#!/usr/bin/env bash
# The gradient of a sum in tfjs is not a broadcast scalar: it makes an array of ones of the summed tensor's size in JavaScript, multiplies it by the
# incoming gradient, and holds it until then. The ones of a [1024, 1024] activation are 4 MB that are filled in JavaScript at each step.
# mean() is a sum too. Seen in @tensorflow/tfjs-core 4.22.0 (the last). Needs Node 20 or newer; about 150 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
node - <<'JS'
const assert = require("node:assert");
const tf = require("@tensorflow/tfjs");

const SIZE = 1024 * 1024;
/** How many tensors of the activation's size are made of JavaScript's arrays while a gradient is computed. */
function made(f, x) {
  const engine = tf.engine();
  const makeTensor = engine.makeTensor;
  let count = 0;
  engine.makeTensor = function (values, ...rest) {
    if (values.length === SIZE) count++;
    return makeTensor.call(this, values, ...rest);
  };
  try {
    tf.tidy(() => tf.grad(f)(x));
  } finally {
    engine.makeTensor = makeTensor;
  }
  return count;
}
tf.setBackend("cpu").then(() => {
  const x = tf.zeros([1024, 1024]);
  const [row, column] = [tf.ones([1, 1024]), tf.ones([1024, 1])];
  const seen = {
    sum: made((y) => tf.sum(y), x),
    mean: made((y) => tf.mean(y), x),
    products: made((y) => tf.squeeze(tf.matMul(tf.matMul(row, y), column)), x), // the same sum
  };
  console.log("tfjs-core", tf.version_core, "arrays of", SIZE, "values made for the gradient of", seen);
  assert.deepEqual(seen, { sum: 1, mean: 1, products: 0 });
});
JS
