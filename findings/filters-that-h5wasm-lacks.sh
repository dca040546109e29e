#!/usr/bin/env bash
# h5wasm's `value` of a dataset that is compressed by a filter it does not have (lzf, which h5py brings) is what lay in WebAssembly's memory: numbers as
# many as the shape says, no exception; a trace of HDF5's error goes to stderr, in a browser to the console. Weights read so are
# wrong without a word. dataset.filters names the filter (32000) beforehand; jsfive throws.
# Expected: an exception. Seen in h5wasm 0.10.3 with h5py 3.16.0. Needs Node 20 or newer, Python 3.11 or newer; about 30 MB are downloaded to a
# temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6 h5py==3.16.0
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts jsfive@0.4.2 h5wasm@0.10.3
"$folder/venv/bin/python" - <<'PY'
import h5py
import numpy as np

with h5py.File("values.h5", "w") as file:
    for filter in ("gzip", "lzf"):
        file.create_dataset(filter, data=np.full(1000, 7, "f4"), compression=filter)
PY
cat >read.mjs <<'JS'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import h5wasm from "h5wasm/node";
import * as jsfive from "jsfive";

await h5wasm.ready;
const file = new h5wasm.File("values.h5", "r");
const [known, unknown] = ["gzip", "lzf"].map((name) => file.get(name));
assert(known.value.every((number) => number === 7));
const read = unknown.value;
console.log("filters", unknown.filters, "shape", unknown.shape, "read", read.length, "numbers", Array.from(read).slice(0, 6));
assert.equal(unknown.filters[0].id, 32000);
assert.equal(read.length, 1000);
assert(!read.every((number) => number === 7));
const other = new jsfive.File(new Uint8Array(readFileSync("values.h5")).buffer, "values.h5");
assert.throws(() => other.get("lzf").value, (error) => /32000 not supported/.test(String(error)));
JS
node read.mjs 2>told
grep "required filter 'lzf' is not registered" told
