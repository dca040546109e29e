import assert from "node:assert/strict";
import { test } from "node:test";
import { memory, tf } from "../../src/tensorflow";
import { histogramOf, histogramSummary } from "../../src/tensorflow/ops/summary";

/** Values of every size, at and beside the limits of buckets. */
function values(): Float32Array {
  const limits: number[] = [];
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) limits.push(limit);
  const near = limits.flatMap((limit) =>
    [0.9999999, 1, 1.0000001].map((factor) => Math.fround(limit * factor)),
  );
  const spread = Array.from({ length: 20000 }, (_, i) => Math.sin(i) * 10 ** ((i % 35) - 16));
  const all = [...near, ...spread, 0, -0, 2e-38, 3.4e37];
  return Float32Array.from([...all, ...all.map((value) => -value)].filter((_, i) => i % 7 !== 3));
}

test("histogramOf() is what TensorFlow's own HistogramSummary gives, to the bit", async () => {
  const cases = {
    all: tf.tensor1d(values()),
    positive: tf.tensor1d(values().map(Math.abs)),
    normal: tf.randomNormal([100_000], 0, 0.01, "float32", 7),
    one: tf.scalar(1),
    zero: tf.zeros([3]),
    none: tf.zeros([0]),
    matrix: tf.tensor2d([1, 2, 3, 4], [2, 2]),
    whole: tf.tensor1d([1, -2, 300], "int32"),
  };
  for (const tensor of Object.values(cases)) await histogramSummary(tensor);
  const before = memory();
  for (const [name, tensor] of Object.entries(cases))
    assert.deepEqual(await histogramOf(tensor), await histogramSummary(tensor), name);
  assert.deepEqual(memory(), before);
  for (const bad of [NaN, Infinity, -Infinity]) {
    const tensor = tf.tensor1d([1, bad]);
    await assert.rejects(histogramOf(tensor), { name: "TensorFlowError", code: "INVALID_ARGUMENT" });
    tensor.dispose();
  }
  tf.dispose(cases);
});
