#!/usr/bin/env bash
# A variable of tfjs that is assigned to itself frees its own data: assign() takes the new value's data over and lets go of its old, which is the
# same. The variable is unreadable from then on, and so is all that is computed of it. assign(variable.clone()) is right.
# Seen in @tensorflow/tfjs 4.22.0 (the last), CPU backend. Needs Node 20 or newer; about 150 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
node - <<'JS'
const assert = require("node:assert");
const tf = require("@tensorflow/tfjs");

/** What a variable holds after it was assigned something, or why it can't be read. */
function after(change) {
  const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
  try {
    variable.assign(change(variable));
    return [...variable.dataSync()].join();
  } catch (error) {
    return "an error";
  }
}
tf.setBackend("cpu").then(() => {
  const seen = { itself: after((variable) => variable), clone: after((variable) => variable.clone()) };
  console.log("tfjs", tf.version_core, seen);
  assert.deepEqual(seen, { itself: "an error", clone: "1,2" });
});
JS
