#!/usr/bin/env bash
# Data frames that are Proxies answer `in` by their columns alone: `"toJSON" in row` is false of an Apache Arrow row that has a working toJSON(), and
# `"head" in frame` is false of a nodejs-polars DataFrame, while a column of that name would be found. Code that recognises a type by its methods must
# ask typeof frame.head, never `in`.
# Seen in apache-arrow 21.1.0, nodejs-polars 0.24.0. Needs Node 20 or newer; about 100 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts apache-arrow@21.1.0 nodejs-polars@0.24.0
node - <<'JS'
const assert = require("node:assert");
const arrow = require("apache-arrow");
const polars = require("nodejs-polars");

const row = arrow.tableFromArrays({ depth: [1, 2] }).get(0);
const frame = polars.DataFrame({ depth: [1, 2] });
const seen = {
  arrow: { method: typeof row.toJSON, in: "toJSON" in row, column: "depth" in row, json: JSON.stringify(row) },
  polars: { method: typeof frame.head, in: "head" in frame, column: "depth" in frame },
};
console.log(seen);
assert.deepEqual(seen, {
  arrow: { method: "function", in: false, column: true, json: '{"depth":1}' },
  polars: { method: "function", in: false, column: true },
});
JS
