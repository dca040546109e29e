import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adjustContrast,
  adjustHue,
  adjustSaturation,
  constant,
  decodeBmp,
  decodeGif,
  decodeImage,
  decodeJpeg,
  decodePng,
  dynamicShape,
  dynamicSlice,
  encodeJpeg,
  encodePng,
  execute,
  insertAxis,
  jpegContents,
  memory,
  mirror,
  pngContents,
  random,
  randomBox,
  recordFunction,
  resizeBilinear,
  select,
  tf,
} from "../../../src/tensorflow";

const file = (bytes: Uint8Array): tf.Tensor => constant([bytes], [], "string");

/** An image whose pixels all differ, smooth enough for JPEG. */
function ramp(height: number, width: number): tf.Tensor3D {
  const value = (i: number): number => {
    const [y, x, c] = [Math.floor(i / (width * 3)), Math.floor(i / 3) % width, i % 3];
    return c === 0 ? (y * 255) / height : c === 1 ? (x * 255) / width : 128;
  };
  const pixels = Int32Array.from({ length: height * width * 3 }, (_, i) => Math.floor(value(i)));
  return tf.tensor3d(pixels, [height, width, 3], "int32");
}

function bmp(width: number, height: number, bgr: readonly number[]): Uint8Array {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) bytes.set(bgr, 54 + y * row + x * 3);
  }
  return bytes;
}

/** One red pixel, as in the GIF specification's smallest files. */
const gif = Buffer.from("R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs=", "base64");

test("encodePng() and decodePng() give the same pixels back, and decodeImage() knows the format", () => {
  const before = memory();
  tf.tidy(() => {
    const image = ramp(5, 7);
    const png = file(encodePng(image));
    assert.deepEqual(decodePng(png).arraySync(), image.arraySync());
    assert.deepEqual(decodeImage(png).arraySync(), image.arraySync());
    assert.equal(decodePng(png, { dtype: "float32" }).dtype, "float32");
    assert.deepEqual(decodePng(png, { channels: 1 }).shape, [5, 7, 1]);
  });
  assert.deepEqual(memory(), before);
});

test("encodeJpeg() and decodeJpeg() give nearly the same pixels back", () => {
  tf.tidy(() => {
    const image = ramp(32, 48);
    const jpeg = encodeJpeg(image);
    assert.deepEqual([...jpeg.subarray(0, 2)], [0xff, 0xd8]);
    const decoded = decodeJpeg(file(jpeg));
    assert.deepEqual(decoded.shape, [32, 48, 3]);
    assert.ok(Number(decoded.sub(image).abs().mean().arraySync()) < 3);
    assert.ok(encodeJpeg(image, { quality: 30 }).length < jpeg.length);
  });
});

test("encodePng() rounds and clips numbers that are no bytes", () => {
  tf.tidy(() => {
    const image = tf.tensor3d([-3, 0.6, 300], [1, 1, 3]);
    assert.deepEqual([...decodePng(file(encodePng(image))).dataSync()], [0, 1, 255]);
  });
});

test("decodeBmp() and decodeGif() read their formats, and decodeImage() both", () => {
  tf.tidy(() => {
    const picture = file(bmp(2, 1, [3, 2, 1]));
    assert.deepEqual(decodeBmp(picture).arraySync(), [[[1, 2, 3], [1, 2, 3]]]); // prettier-ignore
    assert.deepEqual(decodeImage(picture).shape, [1, 2, 3]);
    assert.deepEqual(decodeGif(file(gif)).arraySync(), [[[[255, 0, 0]]]]);
    assert.deepEqual(decodeImage(file(gif)).arraySync(), [[[255, 0, 0]]]);
  });
});

test("decodeImage() refuses what is no image, by TensorFlow's own words", () => {
  assert.throws(
    () => tf.tidy(() => decodeImage(file(Buffer.from("hello")))),
    /DecodeImage.*INVALID_ARGUMENT.*Unknown image file format/,
  );
});

test("resizeBilinear() takes points, corners or areas, as in a row of two pixels", () => {
  tf.tidy(() => {
    const row = tf.tensor4d([0, 4], [1, 1, 2, 1]);
    assert.deepEqual([...resizeBilinear(row, [1, 4]).dataSync()], [0, 2, 4, 4]);
    const centered = resizeBilinear(row, [1, 4], { halfPixelCenters: true });
    assert.deepEqual([...centered.dataSync()], [0, 1, 3, 4]);
    const aligned = resizeBilinear(row.cast("int32"), tf.tensor1d([1, 3], "int32"), { alignCorners: true });
    assert.deepEqual([...aligned.dataSync()], [0, 2, 4]);
    assert.equal(aligned.dtype, "float32");
  });
});

test("adjustHue(), adjustSaturation() and adjustContrast() do what their names say to one pixel", () => {
  tf.tidy(() => {
    const red = tf.tensor3d([200, 0, 0], [1, 1, 3]);
    assert.deepEqual(
      [
        ...adjustHue(red, tf.scalar(1 / 3))
          .round()
          .dataSync(),
      ],
      [0, 200, 0],
    );
    assert.deepEqual([...adjustSaturation(red, tf.scalar(0)).dataSync()], [200, 200, 200]);
    const pair = tf.tensor3d([0, 0, 0, 100, 100, 100], [1, 2, 3]);
    assert.deepEqual([...adjustContrast(pair, tf.scalar(0.5)).dataSync()], [25, 25, 25, 75, 75, 75]);
  });
});

test("randomBox() stays inside the image, keeps its ranges, and repeats with its seed", () => {
  const before = memory();
  tf.tidy(() => {
    const shape = tf.tensor1d([60, 100, 3], "int32");
    for (let i = 0; i < 50; i++) {
      const options = { areaRange: [0.3, 0.6], aspectRatioRange: [0.8, 1.25] } as const;
      const box = randomBox(shape, random.seed(i), options);
      const [top = NaN, left = NaN] = box.begin.dataSync();
      const [height = NaN, width = NaN] = box.size.dataSync();
      assert.ok(top >= 0 && left >= 0 && top + height <= 60 && left + width <= 100);
      const area = (height * width) / 6000;
      assert.ok(area > 0.27 && area < 0.63, `area ${area}`);
      assert.ok(width / height > 0.75 && width / height < 1.3);
      const again = randomBox(shape, random.seed(i), options);
      assert.deepEqual(again.size.dataSync(), box.size.dataSync());
    }
  });
  assert.deepEqual(memory(), before);
});

test("a recording made with one image holds for an image of another size", () => {
  const before = memory();
  tf.tidy(() => {
    const crop = recordFunction(
      (contents, seed) => {
        const image = decodeImage(contents, { dtype: "float32" });
        const box = randomBox(dynamicShape(image), seed);
        const part = dynamicSlice(image, box.begin, box.size);
        const scaled = resizeBilinear(
          insertAxis(part, 0),
          dynamicShape(part).slice(0, 2).mul(tf.scalar(2, "int32")),
        );
        const turned = select(seed.sum().greater(0), mirror(image), image);
        return [scaled, part, turned, jpegContents(turned), pngContents(turned)];
      },
      [file(encodePng(ramp(6, 8))), random.seed(1)],
    );
    const image = ramp(20, 9);
    const inputs = [file(encodePng(image)), random.seed(7), ...crop.captures];
    const [scaled, part, turned] = execute(crop.name, inputs, {}, 5);
    const [height = NaN, width = NaN] = part?.shape ?? [];
    assert.deepEqual(scaled?.shape, [1, height * 2, width * 2, 3]);
    assert.deepEqual(turned?.arraySync(), image.reverse(1).arraySync());
    crop.dispose();
  });
  assert.deepEqual(memory(), before);
});
