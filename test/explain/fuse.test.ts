import assert from "node:assert/strict";
import { test } from "node:test";
import type { Explained } from "../../src/explain/explained";
import { fuse } from "../../src/explain/fuse";
import { memory, tf } from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

function mapOf(heat: number[][], rows: number[], columns: number[]): Explained {
  return {
    heatmaps: tf.tensor3d([heat]),
    values: tf.tensor3d([heat]),
    ...{ rows: tf.tensor1d(rows), columns: tf.tensor1d(columns) },
    ...{ classes: tf.tensor1d([1], "int32"), probabilities: tf.tensor2d([[0.25, 0.75]]) },
  };
}

test("fuse() is the mean on the cells of the finest, each map placed where its cells look, by hand", () => {
  const before = memory().tensors;
  const coarse = mapOf([[0, 1], [1, 0]], [0.2, 0.6], [0.1, 0.5]); // prettier-ignore
  const fine = mapOf([[1, 0.5, 0], [0, 0, 0], [0.4, 0, 0]], [0, 0.4, 0.8], [0.1, 0.4, 0.9]); // prettier-ignore
  const fused = fuse([coarse, fine]);
  // The coarse map at the fine one's rows: above its first 0.2, half way, below its last 0.6; at its columns: the first, 3/4, beyond the last.
  const placed = [[0, 0.75, 1], [0.5, 0.5, 0.5], [1, 0.25, 0]]; // prettier-ignore
  const finest = [[1, 0.5, 0], [0, 0, 0], [0.4, 0, 0]]; // prettier-ignore
  const mean = placed.map((row, y) => row.map((value, x) => (value + (finest[y]?.[x] ?? NaN)) / 2)).flat();
  const near = (got: tf.Tensor, wanted: readonly number[]): void =>
    [...got.dataSync()].forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] ?? NaN)) < 1e-6, `${i}`));
  near(fused.values, mean);
  near(fused.heatmaps, mean.map((value) => value / 0.7)); // prettier-ignore
  near(fused.columns, [0.1, 0.4, 0.9]);
  assert.equal(memory().tensors, before + 6);
  tf.dispose(fused);
  assert.equal(memory().tensors, before);
});

test("fuse() of zero maps is zero, of one map that map, and of none an error", () => {
  const zero = fuse([mapOf([[0]], [0.5], [0.5]), mapOf([[0]], [0.5], [0.5])]);
  assert.deepEqual([...zero.heatmaps.dataSync()], [0]);
  const one = mapOf([[0.5]], [0.5], [0.5]);
  assert.equal(fuse([one]), one);
  assert.throws(() => fuse([]), /^RangeError: Cannot fuse maps: expected one or more, got none/);
});
