import assert from "node:assert/strict";
import { test } from "node:test";
import { convolve, memory, random, tf } from "../../../src/tensorflow";

test("convolve() of a 1 x 1 kernel has the gradients of tf.conv2d, at any stride", () => {
  const before = memory();
  tf.tidy(() => {
    const x = random.normal([2, 5, 7, 3], random.seed(1)).as4D(2, 5, 7, 3);
    const filter = random.normal([1, 1, 3, 4], random.seed(2)).as4D(1, 1, 3, 4);
    for (const stride of [1, 2]) {
      const theirs = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, "same").square())([x, filter]); // prettier-ignore
      const ours = tf.grads((a: tf.Tensor, b: tf.Tensor) => convolve(a as tf.Tensor4D, b, { stride }).square())([x, filter]); // prettier-ignore
      ours.forEach((gradient, i) => {
        assert.deepEqual(gradient.shape, theirs[i]?.shape);
        const worst = theirs[i]?.sub(gradient).abs().max().dataSync()[0] ?? Infinity;
        assert.ok(worst < 1e-4, `stride ${stride}, input ${i}: ${worst}`);
      });
    }
  });
  assert.deepEqual(memory(), before);
});

test("convolve() gives the gradient of a filter alone: how many pixels each weight meets", () => {
  const [x, filter] = tf.tidy(() => [tf.ones<tf.Rank.R4>([1, 3, 3, 1]), tf.ones<tf.Rank.R4>([3, 3, 1, 1])]) as [tf.Tensor4D, tf.Tensor4D]; // prettier-ignore
  const gradient = tf.grad((b) => convolve(x, b))(filter);
  assert.deepEqual([...gradient.dataSync()], [4, 6, 4, 6, 9, 6, 4, 6, 4]);
  tf.dispose([x, filter, gradient]);
});
