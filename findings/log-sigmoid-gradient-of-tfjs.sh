#!/usr/bin/env bash
# The gradient of tfjs's logSigmoid() reads its input, which it does not have saved: where the input is an intermediate value of a tidy(), it is freed
# before the backward pass comes to it. softplus(-x) negated is the same function and saves what it reads.
# Seen in @tensorflow/tfjs 4.22.0 (the last), CPU backend. Needs Node 20 or newer; about 150 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
node - <<'JS'
const assert = require("node:assert");
const tf = require("@tensorflow/tfjs");

/** The gradient at 1 of the sum of f(-x), computed in a tidy(), or what it throws. */
function gradient(f) {
  try {
    const [slope] = tf.grad((x) => tf.tidy(() => f(tf.neg(x)).sum()))(tf.tensor1d([1])).dataSync();
    return slope.toFixed(4);
  } catch (error) {
    return error.constructor.name;
  }
}
tf.setBackend("cpu").then(() => {
  const seen = { logSigmoid: gradient((x) => tf.logSigmoid(x)), softplus: gradient((x) => tf.neg(tf.softplus(tf.neg(x)))) };
  console.log("tfjs", tf.version_core, seen);
  assert.deepEqual(seen, { logSigmoid: "TypeError", softplus: "-0.7311" });
});
JS
