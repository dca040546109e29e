import assert from "node:assert/strict";
import test from "node:test";
import {
  bytesOf,
  fingerprints,
  joinStrings,
  lowerCase,
  matchesPattern,
  memory,
  parseNumbers,
  stringLengths,
  tf,
  trace,
} from "../../../src/tensorflow";
import { settleBeforeEach } from "../../settled";

settleBeforeEach();

const texts = (strings: tf.Tensor): string[] =>
  bytesOf(strings).map((bytes) => Buffer.from(bytes).toString());
const words = (...values: string[]): tf.Tensor1D => tf.tensor1d(values, "string");

test("joinStrings(), lowerCase() and stringLengths() work on the bytes of each element", () => {
  const joined = joinStrings([words("image", "label"), tf.scalar("encoded", "string")], "/");
  assert.deepEqual(texts(joined), ["image/encoded", "label/encoded"]);
  assert.deepEqual(texts(lowerCase(words("JPEG", "pnG", "É"))), ["jpeg", "png", "É"]);
  assert.deepEqual([...stringLengths(words("", "abc", "é")).dataSync()], [0, 3, 2]);
});

test("matchesPattern() matches whole strings, and refuses what is no pattern", () => {
  assert.deepEqual([...matchesPattern(words("jpg", "jpeg", "xjpg"), "jpe?g").dataSync()], [1, 1, 0]);
  assert.throws(() => matchesPattern(words("a"), "("), { code: "INVALID_ARGUMENT" });
});

test("parseNumbers() reads numbers, and refuses what is none", () => {
  assert.deepEqual([...parseNumbers(words("1", "-2.5")).dataSync()], [1, -2.5]);
  assert.throws(() => parseNumbers(words("one")), { code: "INVALID_ARGUMENT" });
});

test("fingerprints() tells rows apart by their bytes, in 64 bits each", () => {
  const rows = tf.tensor2d([1, 2, 1, 3, 1, 2], [3, 2]);
  const [one, other, again] = [0, 1, 2].map((row) => fingerprints(rows).subarray(8 * row, 8 * row + 8));
  assert.equal(one?.length, 8);
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
  rows.dispose();
});

test("string operations are recorded, and leak nothing", async () => {
  const before = memory();
  const traced = trace((strings: tf.Tensor) => joinStrings([lowerCase(strings), tf.scalar("!", "string")]));
  const input = words("A", "B");
  const shouted = await traced(input);
  assert.deepEqual(texts(shouted), ["a!", "b!"]);
  const other = words("C", "D");
  const again = await traced(other);
  assert.deepEqual(texts(again), ["c!", "d!"]);
  tf.dispose([input, other, shouted, again]);
  traced.dispose();
  assert.deepEqual(memory(), before);
});
