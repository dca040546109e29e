import assert from "node:assert/strict";
import { basename, dirname, sep } from "node:path";
import { test } from "node:test";
import { cellPath, cellPaths, murmur2 } from "../../../kernel/debug/path";

/** As ipykernel 7.4's `murmur2_x86(text, 0xc70f6907)` gives them. */
const hashes: readonly (readonly [string, number])[] = [
  ["", 3990065800],
  ["a", 2167009006],
  ["ab", 2805137849],
  ["abc", 3350977461],
  ["abcd", 804720481],
  ["let x = 1;\nx + 1", 1337468207],
  ["größe 🙂 = 3", 209389765],
  ["const names = ['ä'];\n".repeat(7), 3108088437],
];

test("cells hash as front ends hash them", () => {
  for (const [text, hash] of hashes) assert.equal(murmur2(text, 0xc70f6907), hash, JSON.stringify(text));
});

test("a cell's path is the prefix, the hash and the suffix", () => {
  const path = cellPath("abc");
  assert.equal(basename(path), "3350977461.ts");
  assert.equal(dirname(path) + sep, cellPaths.tmpFilePrefix);
  assert.equal(path, cellPath("abc"));
});
