#!/usr/bin/env bash
# A gradient function of tfjs that throws leaves every tensor that the tape had saved for the backward pass, also inside a tidy(): saved tensors are kept
# until the gradient succeeds. An endless training loop that catches an error of a bad batch and goes on leaks all activations of that batch.
# Seen in @tensorflow/tfjs 4.22.0 (the last), CPU backend. Needs Node 20 or newer; about 150 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
node - <<'JS'
const assert = require("node:assert");
const tf = require("@tensorflow/tfjs");

const fails = tf.customGrad((x, save) => {
  save([x]);
  return { value: tf.clone(x), gradFunc: () => { throw new Error("a gradient that can't be computed"); } };
});

/** How many tensors are left behind by the gradient of f(exp(exp(x))), in a tidy(). */
function left(f) {
  const x = tf.tensor1d([0.5]);
  const before = tf.memory().numTensors;
  let threw = false;
  try {
    tf.tidy(() => { tf.grad((y) => tf.sum(f(tf.exp(tf.exp(y)))))(x); });
  } catch {
    threw = true;
  }
  const count = tf.memory().numTensors - before;
  x.dispose();
  return { threw, left: count };
}
tf.setBackend("cpu").then(() => {
  const seen = { good: left((y) => tf.square(y)), bad: left((y) => fails(y)) };
  console.log("tfjs", tf.version_core, seen);
  assert.deepEqual(seen.good, { threw: false, left: 0 });
  assert.ok(seen.bad.threw && seen.bad.left > 0);
});
JS
