import assert from "node:assert/strict";
import test from "node:test";
import {
  bytesOf,
  joinStrings,
  lowerCase,
  matchesPattern,
  memory,
  parseNumbers,
  stringLengths,
  tf,
  trace,
} from "../../../src/tensorflow";

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
