#!/usr/bin/env bash
# jsfive reads an HDF5 dataset that nothing was written to, which HDF5 says is full of its fill value (Keras and h5py make such, of zeros as of others),
# as a list of `undefined`, and one in chunks as a list shorter than its shape says, of nothing: sums of it are NaN or 0. Whole numbers of 64 bits
# are rounded to a float's 53 bits. No exception. h5wasm and h5py read the fill value and BigInts.
# Expected: the fill value, or an error. Seen in jsfive 0.4.2 (h5wasm 0.10.3, h5py 3.16.0 beside it).
# Needs Node 20 or newer, Python 3.11 or newer; about 30 MB are downloaded to a temporary folder.
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
    file.create_dataset("whole", shape=(4,), dtype="f4", fillvalue=9)
    file.create_dataset("chunked", shape=(4,), chunks=(2,), dtype="f4", fillvalue=9)
    file["written"] = np.full(4, 9, "f4")
    file["count"] = np.array([2**53 + 1])
PY
cat >read.mjs <<'JS'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import h5wasm from "h5wasm/node";
import * as jsfive from "jsfive";

await h5wasm.ready;
const file = new jsfive.File(new Uint8Array(readFileSync("values.h5")).buffer, "values.h5");
const other = new h5wasm.File("values.h5", "r");
const read = (name) => Array.from(file.get(name).value);
for (const name of ["whole", "chunked", "written", "count"]) {
  console.log(name, "shape", file.get(name).shape, "jsfive", read(name), "h5wasm", Array.from(other.get(name).value));
}
assert.deepEqual(read("written"), [9, 9, 9, 9]);
assert.deepEqual(read("whole"), [undefined, undefined, undefined, undefined]);
assert.notDeepEqual(read("chunked"), [9, 9, 9, 9]);
assert.deepEqual(read("count"), [2 ** 53]);
for (const name of ["whole", "chunked"]) assert.deepEqual(Array.from(other.get(name).value), [9, 9, 9, 9]);
assert.equal(other.get("count").value[0], 2n ** 53n + 1n);
JS
node read.mjs
