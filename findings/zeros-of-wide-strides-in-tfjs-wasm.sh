#!/usr/bin/env bash
# tfjs's WASM backend gives zeros for a convolution, depthwise or not, with padding "same" whose stride is greater than its kernel (2 or more wide), where
# the last window would end before the image does: 3 x 3 by 4 on 224 pixels, 2 x 2 by 3 on 9. No error, no warning; every pixel of every channel is 0, and
# what follows computes on. On 225 pixels, with "valid", by 1 x 1 kernels, and on the CPU backend the numbers are right.
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
