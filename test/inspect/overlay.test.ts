import assert from "node:assert/strict";
import { test } from "node:test";
import { overlay } from "../../src/inspect/overlay";
import { tf } from "../../src/tensorflow";

const close = (actual: tf.Tensor, expected: readonly number[]): void => {
  const values = actual.dataSync();
  assert.equal(values.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(Math.abs((values[i] ?? NaN) - value) < 1e-3, `${i}: ${values[i]} ≠ ${value}`),
  );
};

test("overlay() mixes image and jet colours by alpha, hand-computed", () => {
  const images = tf.fill<tf.Rank.R4>([1, 1, 5, 3], 100);
  const heat = tf.tensor3d([[[0, 0.25, 0.5, 0.75, 1]]]);
  const jet = [
    [0, 0, 0.5],
    [0, 0.5, 1],
    [0.5, 1, 0.5],
    [1, 0.5, 0],
    [0.5, 0, 0],
  ].flat();
  close(
    overlay(images, heat),
    jet.map((c) => 60 + 102 * c),
  );
  close(
    overlay(images, heat, { alpha: 1 }),
    jet.map((c) => 255 * c),
  );
  close(
    overlay(images, heat, { alpha: 0 }),
    jet.map(() => 100),
  );
});

test("overlay() resizes heat bilinearly with pixel centres in the middle", () => {
  const images = tf.zeros<tf.Rank.R4>([1, 1, 4, 3]);
  const gray = overlay(images, tf.tensor3d([[[0, 1]]]), { alpha: 1, colormap: "gray" });
  close(
    gray,
    [0, 0.25, 0.75, 1].flatMap((v) => [255 * v, 255 * v, 255 * v]),
  );
});

test("overlay() leaves the image as it is where heat is below the threshold", () => {
  const images = tf.fill<tf.Rank.R4>([1, 1, 3, 3], 100);
  const gray = overlay(images, tf.tensor3d([[[0.25, 0.5, 1]]]), {
    alpha: 1,
    colormap: "gray",
    threshold: 0.5,
  });
  close(
    gray,
    [100, 127.5, 255].flatMap((v) => [v, v, v]),
  );
});

test("overlay() refuses shapes that do not fit and alpha or a threshold outside 0…1", () => {
  assert.throws(() => overlay(tf.zeros([2, 4, 4, 3]), tf.zeros([1, 2, 2])), {
    name: "TypeError",
    message:
      "Cannot overlay heat maps: expected images [batch, height, width, 3] and heat maps [batch, h, w], got [2, 4, 4, 3] and [1, 2, 2]",
  });
  assert.throws(() => overlay(tf.zeros([1, 4, 4, 3]), tf.zeros([1, 2, 2]), { alpha: 2 }), {
    name: "RangeError",
    message: "Cannot overlay heat maps: expected alpha in 0…1, got 2",
  });
  assert.throws(() => overlay(tf.zeros([1, 4, 4, 3]), tf.zeros([1, 2, 2]), { threshold: -0.1 }), {
    name: "RangeError",
    message: "Cannot overlay heat maps: expected threshold in 0…1, got -0.1",
  });
});
