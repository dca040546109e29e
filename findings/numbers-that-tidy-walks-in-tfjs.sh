#!/usr/bin/env bash
# @tensorflow/tfjs 4.22.0: tf.tidy() whose function gives back numbers, a Float32Array of dataSync(), looks at each number as if it were
# a container of tensors: isIterable() of tensor_util is true of every object, and each element is looked at, too. Read outside of tidy()
# the same numbers are there at once. tf.keep(), dispose() and anything else that goes by getTensorsInContainer() do alike.
# Expected: tidy() of a typed array takes as long as reading it. Seen: 2 million numbers, Node 20: 0.3 s, and 5 s in a process that has much else to hold, against less than 1 ms.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @tensorflow/tfjs@4.22.0
cat >probe.js <<'JS'
const tf = require("@tensorflow/tfjs");
const x = tf.ones([2_000_000]);
const timed = (work) => {
  const started = performance.now();
  const numbers = work();
  return [performance.now() - started, numbers.length];
};
tf.setBackend("cpu").then(() => {
  timed(() => x.dataSync());
  const [plain, count] = timed(() => x.dataSync());
  const [inTidy, same] = timed(() => tf.tidy(() => x.dataSync()));
  console.log(`${count} numbers: read ${plain.toFixed(1)} ms, given back by tidy() ${inTidy.toFixed(0)} ms`);
  if (count !== same) throw new Error("expected the same numbers");
  if (!(inTidy > 20 * Math.max(plain, 1))) throw new Error("tidy() gives numbers back as fast as they are read now");
});
JS
node probe.js 2>/dev/null
