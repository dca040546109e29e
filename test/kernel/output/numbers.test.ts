/** Tensors, typed arrays and decoded pixels. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { PNG } from "pngjs";
import { drawingOf } from "../../../kernel/output/drawings";
import { tf } from "../../../src";
import { html, pixel, pixels, shown, told } from "./shown";

test("a tensor tells kind, shape and what its values are, and its values", async () => {
  const tensor = tf.tensor2d([
    [1, NaN, 3],
    [-4, Infinity, 0.5],
  ]);
  const before = tf.memory();
  const data = await shown(tensor);
  assert.deepEqual(await told(tensor), [
    "float32 [2, 3], 6 values, min -4, mean 0.125, max 3, 1 NaN, 1 infinite",
  ]);
  assert.ok(String(data["text/html"]).includes(tensor.toString()));
  assert.equal(data["text/plain"], inspect(tensor));
  assert.deepEqual(tf.memory(), before);
  tensor.dispose();
  assert.deepEqual(await told(tensor), ["float32 [2, 3], disposed"]);
});

test("tensors of other kinds, scalars and variables", async () => {
  assert.deepEqual(await told(tf.scalar(3)), ["float32 [], min 3, mean 3, max 3"]);
  assert.deepEqual(await told(tf.tensor(["<a>", "b"])), ["string [2]"]);
  assert.match(await html(tf.tensor(["<a>"])), /&lt;a&gt;/);
  assert.deepEqual(await told(tf.tensor1d([true, false], "bool")), [
    "bool [2], 2 values, min 0, mean 0.5, max 1",
  ]);
  assert.deepEqual(await told(tf.variable(tf.zeros([0]))), ["float32 [0]"]);
  const onnx = { type: "int64", dims: [2], data: new BigInt64Array([1n, 4n]), size: 2 };
  assert.deepEqual(await told(onnx), ["int64 [2], 2 values, min 1, mean 2.5, max 4"]);
});

test("[height, width, 1 | 3 | 4] is an image of 0…1, of 0…255 or of its own range", async () => {
  const grey = tf.linspace(0, 1, 64).reshape([8, 8, 1]);
  const image = await pixels(grey);
  assert.deepEqual([image.width, image.height], [8, 8]);
  assert.deepEqual(
    [pixel(image, 0, 0), pixel(image, 7, 7)],
    [
      [0, 0, 0, 255],
      [255, 255, 255, 255],
    ],
  );
  assert.match(await html(grey), /width:128px;image-rendering:pixelated/);
  const photo = tf.tile(tf.tensor([200, 100, 0], [1, 1, 3], "int32"), [8, 10, 1]);
  assert.deepEqual(pixel(await pixels(photo), 9, 7), [200, 100, 0, 255]);
  const glass = tf.tile(tf.tensor([1, 0, 0, 0.2], [1, 1, 4]), [8, 8, 1]);
  assert.deepEqual(pixel(await pixels(glass), 0, 0), [255, 0, 0, 51]);
  const centred = tf.sub(photo, 100);
  assert.deepEqual(pixel(await pixels(centred), 0, 0), [255, 128, 0, 255]);
  assert.deepEqual((await told(centred))[1], "black -100, white 100");
});

test("larger images are shrunk, each pixel the mean of those it stands for, and batches show the first", async () => {
  const stripes = tf.tile(tf.tensor([0, 200], [1, 2, 1], "int32"), [400, 300, 1]); // [400, 600, 1]
  const image = await pixels(stripes);
  assert.deepEqual([image.width, image.height], [300, 200]);
  assert.deepEqual(pixel(image, 150, 100), [100, 100, 100, 255]);
  assert.deepEqual((await told(stripes))[1], "black 0, white 255, shrunk 2 times from 600 × 400 pixels");
  const batch = tf.stack(Array.from({ length: 9 }, (_, i) => tf.fill([16, 16, 3], i / 8)));
  const sheet = await pixels(batch);
  assert.deepEqual([sheet.width, sheet.height], [8 * 18 - 2, 16]);
  assert.deepEqual(
    [pixel(sheet, 17, 0), pixel(sheet, 7 * 18, 0)],
    [
      [0, 0, 0, 0],
      [223, 223, 223, 255],
    ],
  );
  assert.deepEqual((await told(batch))[1], "black 0, white 1, the first 8 of 9 images");
});

test("kernels, matrices, NaN and what is too large to look at are no images", async () => {
  for (const shape of [
    [3, 3, 3],
    [3, 3, 3, 64],
    [8, 8, 2],
    [8, 8],
    [0, 8, 8, 3],
  ])
    assert.equal((await shown(tf.zeros(shape)))["image/png"], undefined, String(shape));
  assert.equal((await shown(tf.fill([8, 8, 1], NaN)))["image/png"], undefined);
  const huge = { dtype: "float32", shape: [5000, 5000], dataSync: () => assert.fail("read") };
  assert.deepEqual(await told(huge), ["float32 [5000, 5000], not looked at: over 16,777,216 values"]);
});

test("typed arrays of which Node shows a part tell what all their numbers are", async () => {
  const numbers = Float32Array.from({ length: 20_001 }, (_, i) => (i === 7 ? NaN : i - 10_000));
  assert.deepEqual(await told(numbers), ["20,001 values, min -10000, mean 0.49965, max 10000, 1 NaN"]);
  assert.match(await html(numbers), /^<pre[^>]*>Float32Array\(20001\) \[[^]*19901 more items/);
  assert.deepEqual(await told(new BigUint64Array(101).fill(2n)), ["101 values, min 2, mean 2, max 2"]);
  for (const value of [new Float32Array(100), Buffer.alloc(1000, 1)])
    assert.equal(drawingOf(value), undefined);
});

test("decoded pixels are drawn", async () => {
  const image = new PNG({ width: 2, height: 1 });
  image.data.set([1, 2, 3, 255, 4, 5, 6, 255]);
  assert.deepEqual([...(await pixels(image)).data], [...image.data]);
  assert.equal(drawingOf({ width: 2, height: 2, data: new Uint8Array(8) }), undefined);
  const large = { width: 2100, height: 2100, data: new Uint8Array(4 * 2100 * 2100) };
  assert.deepEqual(await told(large), ["2100 × 2100 pixels, not looked at: over 16,777,216 values"]);
});
