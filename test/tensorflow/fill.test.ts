import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTensor, memory, tf } from "../../src/tensorflow";
import { pattern } from "../patterns";

const SPLITS = [
  { split: [5], order: [0] },
  { split: [4, 6], order: [1, 0] },
  { split: [3, 2, 5, 4], order: [2, 3, 1, 0] },
  { split: [3, 1, 2, 4], order: [0, 1, 2, 3] },
  { split: [], order: [] },
] as const;

test("fillTensor() puts dimensions in another order as transpose() does, whatever the parts", () => {
  const before = memory();
  for (const { split, order } of SPLITS) {
    const count = split.reduce((product: number, size) => product * size, 1);
    const values = pattern("fill", [count]);
    const shape = order.map((dimension) => split[dimension] ?? 1);
    const expected = tf.tidy(() => tf.tensor(values, [...split]).transpose([...order]).dataSync());
    for (const size of [1, 3, 7, count]) {
      const parts = Array.from({ length: Math.ceil(count / size) }, (_, i) => values.subarray(i * size, (i + 1) * size));
      const filled = fillTensor(shape, { split, order }, parts);
      assert.deepEqual(filled.shape, shape);
      assert.deepEqual(filled.dataSync(), expected);
      filled.dispose();
    }
  }
  assert.deepEqual(memory(), before);
}); // prettier-ignore

test("fillTensor() refuses more and fewer values than there are places", () => {
  const from = { split: [2, 3], order: [1, 0] };
  assert.throws(() => fillTensor([3, 2], from, [new Float32Array(5)]), /expected 6 values, got 5/);
  assert.throws(() => fillTensor([3, 2], from, [new Float32Array(4), new Float32Array(3)]), /expected 6 values, got more/);
  const empty = fillTensor([0, 2], { split: [2, 0], order: [1, 0] }, []);
  assert.deepEqual([...empty.dataSync()], []);
  empty.dispose();
}); // prettier-ignore
