import assert from "node:assert/strict";
import { test } from "node:test";
import { convolve, memory, random, tf } from "../../../src/tensorflow";
import { cpuOnly } from "../../gpu";

const normal = (shape: [number, number, number, number], seed: number): tf.Tensor4D =>
  random.normal(shape, random.seed(seed)).as4D(...shape);

const worst = (ours: tf.Tensor, theirs: tf.Tensor): number =>
  ours.sub(theirs).abs().max().div(theirs.abs().max()).dataSync()[0] ?? Infinity;

for (const [height, width, padding] of [
  [14, 14, "same"],
  [7, 7, "same"],
  [5, 8, "same"],
  [1, 3, "same"],
  [14, 14, "valid"],
  [7, 8, "valid"],
  [3, 5, "valid"],
] as const) {
  test(
    `Winograd's convolution of ${height} x ${width} images, "${padding}", has the values and gradients of Conv2D`,
    { skip: cpuOnly },
    () => {
      const before = memory();
      tf.tidy(() => {
        const [x, filter] = [normal([3, height, width, 64], 1), normal([3, 3, 64, 80], 2)];
        const slopes = normal(
          padding === "same" ? [3, height, width, 80] : [3, height - 2, width - 2, 80],
          3,
        );
        const by = (winograd: boolean): readonly tf.Tensor[] => {
          const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) =>
            convolve(a.as4D(3, height, width, 64), b, { own: winograd, padding }),
          )([x, filter], slopes);
          return [value, ...grads];
        };
        const theirs = by(false);
        by(true).forEach((tensor, i) => {
          const [expected = tensor] = theirs.slice(i);
          assert.deepEqual(tensor.shape, expected.shape);
          const off = worst(tensor, expected);
          assert.ok(off < 2e-6, `${["value", "gradient of x", "gradient of filter"][i] ?? ""}: ${off}`);
          assert.ok(off > 0, "expected another order of sums"); // that Conv2D was not compared with itself
        });
      });
      assert.deepEqual(memory(), before);
    },
  );
}

test("Winograd's convolution of whole numbers is exact, hand-computed: how many pixels each weight meets", () => {
  tf.tidy(() => {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 4, 5, 64]), tf.ones<tf.Rank.R4>([3, 3, 64, 64])];
    const y = convolve(x, filter, { own: true });
    const first = y.slice([0, 0, 0, 0], [1, 4, 5, 1]).div(64).dataSync();
    assert.deepEqual([...first], [4, 6, 6, 6, 4, 6, 9, 9, 9, 6, 6, 9, 9, 9, 6, 4, 6, 6, 6, 4]);
  });
});
