import assert from "node:assert/strict";
import { test } from "node:test";
import { memory, random, tf, trace } from "../../src/tensorflow";
import { Model, preprocessImages } from "../../src/model";

const MEANS = [123.68, 116.78, 103.94];

/** An image whose red is its row and whose green is its column. */
function mesh(height: number, width: number): tf.Tensor4D {
  return tf.tidy(() => {
    const rows = tf.range(0, height).as4D(1, height, 1, 1).tile([1, 1, width, 1]);
    const columns = tf.range(0, width).as4D(1, 1, width, 1).tile([1, height, 1, 1]);
    return tf.concat([rows, columns, tf.zerosLike(rows)], 3).as4D(1, height, width, 3);
  });
}

const copies = (image: tf.Tensor4D, count: number): tf.Tensor4D =>
  tf.concat(Array.from({ length: count }, () => image));

/** The pixel at a place, means put back. */
function pixel(images: tf.Tensor4D, image: number, row: number, column: number): number[] {
  return tf.tidy(() =>
    [...images.add(MEANS).slice([image, row, column, 0], [1, 1, 1, 3]).dataSync()].map(
      (value) => Math.round(value * 1e3) / 1e3,
    ),
  );
}

test("preprocessImages() resizes in proportion and takes the middle", () => {
  tf.tidy(() => {
    const half = preprocessImages(mesh(16, 24), { resizeSide: 8, imageSize: 6 }); // [8, 12] from pixels 2, 4, 6, …
    assert.deepEqual(half.shape, [1, 6, 6, 3]);
    assert.deepEqual(pixel(half, 0, 0, 0), [2, 6, 0]);
    assert.deepEqual(pixel(half, 0, 5, 5), [12, 16, 0]);
    const cropped = preprocessImages(mesh(8, 9), { resizeSide: 8, imageSize: 5 }); // its shorter side fits
    assert.deepEqual(pixel(cropped, 0, 0, 0), [1, 2, 0]);
  });
});

test("preprocessImages() only takes the means off images of the right size, float32 or int32", () => {
  tf.tidy(() => {
    const images = mesh(6, 6);
    for (const given of [images, images.toInt().as4D(1, 6, 6, 3)]) {
      const ready = preprocessImages(given, { resizeSide: 8, imageSize: 6 });
      assert.equal(ready.dtype, "float32");
      assert.ok((ready.sub(images.sub(MEANS)).abs().max().dataSync()[0] ?? 1) < 1e-5);
    }
  });
});

test("preprocessImages({ seed }) crops and mirrors each image by itself, the same eager and traced", () => {
  const before = memory();
  tf.tidy(() => {
    const images = copies(mesh(12, 14), 32);
    const crop = (x: tf.Tensor4D, seed: tf.Tensor): tf.Tensor4D =>
      preprocessImages(x, { resizeSide: 12, imageSize: 8, seed });
    const crops = crop(images, random.seed(7));
    const places = Array.from({ length: 32 }, (_, image) => {
      const [[top = 0, first = 0], [bottom = 0, last = 0]] = [
        pixel(crops, image, 0, 0),
        pixel(crops, image, 7, 7),
      ];
      assert.equal(bottom - top, 7);
      assert.equal(Math.abs(last - first), 7);
      assert.ok(top >= 0 && bottom < 12 && Math.min(first, last) >= 0 && Math.max(first, last) < 14);
      return { top, left: Math.min(first, last), mirrored: last < first };
    });
    assert.deepEqual([...new Set(places.map(({ top }) => top))].sort(), [0, 1, 2, 3, 4]);
    assert.equal(new Set(places.map(({ left }) => left)).size, 7);
    const mirrored = places.filter((place) => place.mirrored).length;
    assert.ok(mirrored > 6 && mirrored < 26, String(mirrored));
    const compiled = trace(crop);
    assert.deepEqual(compiled.sync(images, random.seed(7)).dataSync(), crops.dataSync());
    assert.notDeepEqual(compiled.sync(images, random.seed(8)).dataSync(), crops.dataSync());
    compiled.dispose();
  });
  assert.deepEqual(memory(), before);
});

test("Model.preprocess() draws only in training, and only by a seed", () => {
  const options = { width: 1 / 16, fixedResizeSide: 12, defaultImageSize: 8 };
  const [training, inference] = [new Model({ ...options, isTraining: true }), new Model(options)];
  tf.tidy(() => {
    const [images, seed] = [copies(mesh(12, 14), 8), random.seed(7)];
    const central = inference.preprocess(images).dataSync();
    assert.deepEqual(inference.preprocess(images, seed).dataSync(), central);
    assert.deepEqual(training.preprocess(images).dataSync(), central);
    assert.notDeepEqual(training.preprocess(images, seed).dataSync(), central);
  });
  training.dispose();
  inference.dispose();
});

test("preprocessImages() says what does not fit", () => {
  tf.tidy(() => {
    assert.throws(() => preprocessImages(tf.zeros([1, 4, 4, 1])), {
      name: "TypeError",
      message: "Cannot preprocess images: expected [batch, height, width, 3], got [1, 4, 4, 1]",
    });
    assert.throws(() => preprocessImages(mesh(4, 4), { resizeSide: 4, imageSize: 5 }), {
      name: "RangeError",
      message: "Cannot preprocess images: expected a crop of at most 4 pixels, got 5",
    });
  });
});
