import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import {
  augmentImage,
  createInputFn,
  Dataset,
  preprocessForTrain,
  randAugment,
  randomAffine,
  randomErasing,
  randomGaussianBlur,
  randomGrayscale,
  randomPerspective,
  randomRotation,
  renderPhoto,
  trivialAugmentWide,
  VGG_MEANS,
  type Augment,
  type InputFnOptions,
} from "../../src/input";
import { encodeExample, encodePng, feature, frameRecord, memory, random, tf } from "../../src/tensorflow";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-augment-"));
after(() => rmSync(scratch, { recursive: true }));

const photo = tf.keep(renderPhoto("mug", { size: 48, seed: 1 }));
const records = Array.from({ length: 10 }, (_, label) => {
  const features = {
    "image/encoded": feature.bytes(encodePng(photo)),
    "image/format": feature.bytes("png"),
    "image/class/label": feature.int64(label),
  };
  return frameRecord(encodeExample(features));
});
const file = path.join(scratch, "train");
writeFileSync(file, Buffer.concat(records));

const PRESETS: readonly Augment[] = ["light", "standard", "strong"];

type RandomChange = (image: tf.Tensor, seed: tf.Tensor) => tf.Tensor3D;

const changes: Readonly<Record<string, RandomChange>> = {
  randAugment: (image, seed) => randAugment(image, seed, { numOps: 3, magnitude: 20 }),
  trivialAugmentWide,
  randomRotation,
  randomAffine: (image, seed) => randomAffine(image, seed, { shear: 5 }),
  randomPerspective,
  randomGaussianBlur,
  randomGrayscale: (image, seed) => randomGrayscale(image, seed, { probability: 0.5 }),
  randomErasing,
  ...Object.fromEntries(
    PRESETS.map((name): [string, RandomChange] => [name, (image, seed) => augmentImage(image, seed, name)]),
  ),
};

const pixelsOf = (image: tf.Tensor): string =>
  Buffer.from(Uint8Array.from(image.dataSync())).toString("base64");

for (const [name, fn] of Object.entries(changes))
  test(`${name} gives the same for a seed, others for others, and the same in a dataset`, async () => {
    const seeds = Array.from({ length: 12 }, (_, i) => i);
    const draw = (): string[] =>
      seeds.map((seed) => tf.tidy(() => pixelsOf(fn(photo, random.seed(seed, 7)))));
    const before = memory();
    const alone = draw();
    assert.deepEqual(draw(), alone);
    assert.ok(new Set(alone).size >= (name === "randomGrayscale" ? 2 : 5), `${new Set(alone).size} of 12`);
    const dataset = Dataset.range(12).map((n) => fn(photo, tf.stack([n, tf.scalar(7, "int32")])), {
      numParallelCalls: 4,
    });
    const read: string[] = [];
    for await (const image of dataset) {
      assert.deepEqual([image.dtype, image.shape], ["float32", photo.shape]);
      read.push(pixelsOf(image));
    }
    assert.deepEqual(read, alone);
    dataset.dispose();
    assert.deepEqual(memory(), before);
  });

test("randomErasing() paints rectangles of the shares and proportions that are asked for, in so many of the images", () => {
  const options = { probability: 0.75, scale: [0.1, 0.2], ratio: [0.5, 2], color: [1, 2, 3] } as const;
  const black = tf.zeros([64, 96, 3]);
  let erased = 0;
  for (let seed = 0; seed < 100; seed++)
    tf.tidy(() => {
      const image = randomErasing(black, random.seed(seed), options);
      const painted = image.slice([0, 0, 0], [-1, -1, 1]).as2D(64, 96);
      const [height, width] = [painted.max(1).sum().arraySync(), painted.max(0).sum().arraySync()].map(
        Number,
      );
      const area = Number(painted.sum().arraySync());
      if (area === 0) return;
      erased++;
      assert.equal(area, (height ?? 0) * (width ?? 0));
      assert.ok(area > 0.09 * 64 * 96 && area < 0.21 * 64 * 96, `${area}`);
      assert.ok((height ?? 0) / (width ?? 1) > 0.47 && (height ?? 0) / (width ?? 1) < 2.1);
      assert.deepEqual(image.max([0, 1]).arraySync(), [1, 2, 3]);
    });
  assert.ok(erased > 60 && erased < 90, `${erased}`);
  black.dispose();
});

const batchesOf = (options: InputFnOptions): Dataset<[{ image: tf.Tensor4D }, tf.Tensor1D]> =>
  createInputFn(file, {
    ...{ batchSize: 5, seed: 3, shuffle: true, augment: "standard", numEpochs: 2 },
    transform: (image, seed) => preprocessForTrain(image, { seed, size: 32, resizeSide: 40 }),
    ...options,
  })();

async function imagesOf(batches: AsyncIterable<[{ image: tf.Tensor4D }, tf.Tensor1D]>): Promise<string[]> {
  const found: string[] = [];
  for await (const [{ image }] of batches)
    tf.tidy(() => found.push(...tf.unstack(image).map((one) => pixelsOf(one))));
  return found;
}

test("createInputFn() augments each photo anew in each epoch and pass, the same with any number of readers at work", async () => {
  const dataset = batchesOf({});
  const first = await imagesOf(dataset);
  assert.ok(new Set(first).size >= 19, `${new Set(first).size}`);
  const second = await imagesOf(dataset);
  assert.ok(second.filter((one) => first.includes(one)).length <= 1);
  dataset.dispose();
  for (const numParallelBatches of [1, 3]) {
    const again = batchesOf({ numParallelBatches });
    assert.deepEqual(await imagesOf(again), first);
    again.dispose();
  }
});

test("createInputFn() goes on from a position with the same augmented photos", async () => {
  const whole = batchesOf({ augment: "strong" });
  const all = await imagesOf(whole);
  whole.dispose();
  const begun = batchesOf({ augment: "strong" });
  const iterator = begun.iterator();
  for (let i = 0; i < 3; i++) tf.dispose((await iterator.next()).value);
  const position = iterator.position();
  iterator.dispose();
  begun.dispose();
  const resumed = batchesOf({ augment: "strong" });
  const later = resumed.iterator();
  later.seek(position);
  assert.deepEqual(await imagesOf(later), all.slice(15));
  later.dispose();
  resumed.dispose();
});

test('augment: "none" changes nothing, and a preset only what preprocessForTrain() made', () => {
  tf.tidy(() => {
    const seed = random.seed(5);
    const options = { seed, size: 32, resizeSide: 40 };
    const plain = preprocessForTrain(photo, options);
    assert.deepEqual(preprocessForTrain(photo, { ...options, augment: "none" }).dataSync(), plain.dataSync());
    assert.deepEqual(augmentImage(plain, seed, "none").dataSync(), plain.dataSync());
    const means = preprocessForTrain(photo, { ...options, augment: "light", means: VGG_MEANS });
    const light = preprocessForTrain(photo, { ...options, augment: "light" });
    assert.notDeepEqual(light.dataSync(), plain.dataSync());
    assert.deepEqual(means.add(tf.tensor1d([...VGG_MEANS])).round().dataSync(), light.dataSync()); // prettier-ignore
  });
});

test("augmentation refuses what is none of its kind", () => {
  const seed = random.seed(1);
  assert.throws(() => randAugment(photo, seed, { magnitude: 31 }), /^RangeError: Cannot augment image: expected magnitude to be a whole number in 0 … 30, got 31$/); // prettier-ignore
  assert.throws(
    () => randAugment(photo, seed, { numOps: 0 }),
    /expected numOps to be a whole number >= 1, got 0$/,
  );
  const { wild } = Object.assign({ wild: "none" as const }, { wild: "wild" });
  const words =
    /^RangeError: Cannot augment image: expected augment to be "none", "light", "standard" or "strong", got "wild"$/;
  assert.throws(() => augmentImage(photo, seed, wild), words);
  assert.throws(() => preprocessForTrain(photo, { seed, augment: wild }), words);
  assert.throws(() => createInputFn(file, { augment: wild }), words);
  const { bicubic } = Object.assign(
    { bicubic: { interpolation: "bilinear" as const } },
    { bicubic: { interpolation: "bicubic" } },
  );
  const refused: [() => tf.Tensor, RegExp][] = [
    [() => randomGrayscale(photo, seed, { probability: 2 }), /expected probability in 0 … 1, got 2$/],
    [() => randomRotation(photo, seed, { degrees: NaN }), /expected degrees 0 or more, got NaN$/],
    [
      () => randomAffine(photo, seed, { scale: [2, 1] }),
      /expected scale to be \[least, greatest\], both above 0, got \[ 2, 1 \]$/,
    ],
    [
      () => randomErasing(photo, seed, { color: [300, 0, 0] }),
      /expected color to be three numbers in 0 … 255, got \[ 300, 0, 0 \]$/,
    ],
    [
      () => randomGaussianBlur(photo, seed, { kernelSize: 4 }),
      /expected kernelSize to be an odd whole number, got 4$/,
    ],
    [
      () => randomRotation(photo, seed, bicubic),
      /expected interpolation "nearest" or "bilinear", got 'bicubic'$/,
    ],
    [
      () => randomGrayscale(tf.zeros([2, 2]), seed),
      /^TypeError: Cannot augment image: expected uint8, int32 or float32 \[height, width, 3\], got float32 \[2, 2\]$/,
    ],
  ];
  tf.tidy(() => {
    for (const [augmented, words] of refused) assert.throws(augmented, words);
  });
  seed.dispose();
});
