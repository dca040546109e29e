#!/usr/bin/env bash
# A graph model of tfjs whose PlaceholderWithDefault has a computed default, as TensorFlow allows, fails where the input is left out: its executor gives the
# default's own tensor as the placeholder's, and frees it when the placeholder has run, before the operations that take it: "Cannot read properties of
# undefined". Where the input is given, and with a constant for a default, it runs. So what is chosen by an input that may be absent takes a constant that
# stands for "not given", and an operation that looks at it.
# Seen in @tensorflow/tfjs-converter 4.22.0 (the last), on its CPU backend. Needs Node 20 or newer; about 60 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-converter@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
node - <<'JS'
const assert = require("node:assert");
const tf = require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");

const FLOAT = { type: "DT_FLOAT" };
const shape = { shape: { dim: [{ size: "2" }] } };
const tensor = { tensor: { dtype: "DT_FLOAT", tensorShape: { dim: [{ size: "2" }] } } };
/** y = scale * x, where scale is by default what `from` gives: x + x, or a constant. */
const graph = (from) => ({
  versions: { producer: 1482, minConsumer: 12 },
  node: [
    { name: "x", op: "Placeholder", attr: { dtype: FLOAT, shape } },
    { name: "ones", op: "Const", attr: { dtype: FLOAT, value: tensor } },
    { name: "twice", op: "AddV2", input: ["x", "x"], attr: { T: FLOAT } },
    { name: "scale", op: "PlaceholderWithDefault", input: [from], attr: { dtype: FLOAT, shape } },
    { name: "y", op: "Mul", input: ["scale", "x"], attr: { T: FLOAT } },
  ],
});

async function run(from, given) {
  const weightSpecs = [{ name: "ones", shape: [2], dtype: "float32" }];
  const artifacts = { modelTopology: graph(from), weightSpecs, weightData: new Float32Array([1, 1]).buffer };
  const model = await loadGraphModel({ load: async () => artifacts });
  const inputs = { x: tf.tensor1d([3, 4]), ...(given && { scale: tf.tensor1d(given) }) };
  try {
    return model.execute(inputs, "y").dataSync().join(" ");
  } catch (error) {
    return error.message;
  }
}

(async () => {
  await tf.setBackend("cpu");
  const seen = { constant: await run("ones"), given: await run("twice", [10, 10]), computed: await run("twice") };
  console.log(seen);
  assert.equal(seen.constant, "3 4");
  assert.equal(seen.given, "30 40");
  assert.match(seen.computed, /Cannot read properties of undefined/);
})();
JS
