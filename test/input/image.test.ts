import assert from "node:assert/strict";
import { test } from "node:test";
import { distortColor, distortedBoundingBoxCrop, splitSeed } from "../../src/input/augment";
import {
  aspectPreservingResize,
  centralCrop,
  randomCrop,
  randomFlipLeftRight,
  subtractMeans,
  VGG_MEANS,
} from "../../src/input/image";
import { preprocessForEval, preprocessForTrain } from "../../src/input/preprocess";
import { execute, memory, random, recordFunction, tf } from "../../src/tensorflow";

/** Pixels numbered row by row, the number in each of three channels. */
function numbered(height: number, width: number): tf.Tensor3D {
  return tf.tidy(() =>
    tf
      .range(0, height * width, 1, "int32")
      .reshape([height, width, 1])
      .tile([1, 1, 3])
      .as3D(height, width, 3),
  );
}

const firstChannel = (image: tf.Tensor3D): number[] => [
  ...tf.tidy(() => image.slice([0, 0, 0], [-1, -1, 1]).dataSync()),
];

/** Runs work in a tidy, and sees that nothing is left over. */
function withoutLeaks(work: () => void): void {
  const before = memory();
  tf.tidy(work);
  assert.deepEqual(memory(), before);
}

test("aspectPreservingResize() makes the shorter side as long as asked, half to even as TF-Slim", () => {
  withoutLeaks(() => {
    assert.deepEqual(aspectPreservingResize(numbered(10, 20), 5).shape, [5, 10, 3]);
    assert.deepEqual(aspectPreservingResize(numbered(9, 6), 4).shape, [6, 4, 3]);
    assert.deepEqual(aspectPreservingResize(numbered(4, 5), 2).shape, [2, 2, 3]); // 2.5 → 2
    assert.deepEqual(aspectPreservingResize(numbered(300, 400)).shape, [256, 341, 3]);
    assert.deepEqual(firstChannel(aspectPreservingResize(numbered(2, 4), 1)), [0, 2]);
  });
});

test("centralCrop() takes the middle, a pixel higher and to the left where there are two", () => {
  withoutLeaks(() => {
    const crop = centralCrop(numbered(5, 6), { height: 2, width: 3 });
    assert.deepEqual(firstChannel(crop), [7, 8, 9, 13, 14, 15]);
    assert.equal(crop.dtype, "int32");
  });
});

test("centralCrop() and randomCrop() refuse an image that is smaller", () => {
  withoutLeaks(() => {
    const words = /Cannot crop image: expected at least 224 x 224, got 5 x 300/;
    assert.throws(() => centralCrop(numbered(5, 300)), words);
    assert.throws(() => randomCrop(numbered(5, 300), random.seed(1)), words);
  });
});

test("randomCrop() reaches every place, and the same one with the same seed", () => {
  withoutLeaks(() => {
    const image = numbered(3, 4);
    const first = (seed: number): number | undefined =>
      firstChannel(randomCrop(image, random.seed(seed), { height: 2, width: 2 }))[0];
    const seen = new Set(Array.from({ length: 100 }, (_, seed) => first(seed)));
    assert.deepEqual(
      [...seen].sort((a = 0, b = 0) => a - b),
      [0, 1, 2, 4, 5, 6],
    );
    assert.equal(first(3), first(3));
  });
});

test("randomFlipLeftRight() mirrors about half of the time", () => {
  withoutLeaks(() => {
    const image = numbered(1, 2);
    const flips = Array.from(
      { length: 200 },
      (_, i) => firstChannel(randomFlipLeftRight(image, random.seed(i)))[0],
    );
    const mirrored = flips.filter((first) => first === 1).length;
    assert.ok(mirrored > 70 && mirrored < 130, `mirrored ${mirrored} of 200`);
  });
});

test("subtractMeans() takes TF-Slim's means from each channel", () => {
  withoutLeaks(() => {
    const left = subtractMeans(tf.tensor3d([124, 117, 104], [1, 1, 3], "int32"));
    const expected = [0.32, 0.22, 0.06];
    left.dataSync().forEach((x, i) => assert.ok(Math.abs(x - (expected[i] ?? 0)) < 1e-4));
  });
});

test("distortedBoundingBoxCrop() gives one size, and the whole image when it must", () => {
  withoutLeaks(() => {
    const image = numbered(4, 4);
    const options = { height: 2, width: 2, areaRange: [1, 1], aspectRatioRange: [1, 1] } as const;
    assert.deepEqual(firstChannel(distortedBoundingBoxCrop(image, random.seed(1), options)), [0, 2, 8, 10]);
    assert.deepEqual(distortedBoundingBoxCrop(image, random.seed(1)).shape, [224, 224, 3]);
  });
});

test("distortColor() changes colours within 0…255, by its seed and its order, and not at all by nothing", () => {
  withoutLeaks(() => {
    const image = tf.tensor3d([200, 30, 90, 0, 128, 255], [1, 2, 3]);
    const colors = (seed: number, order: 0 | 1 | 2 | 3): number[] => [
      ...distortColor(image, random.seed(seed), { order }).dataSync(),
    ];
    assert.deepEqual(colors(1, 0), colors(1, 0));
    assert.notDeepEqual(colors(1, 0), colors(2, 0));
    assert.notDeepEqual(colors(1, 0), colors(1, 3));
    for (let seed = 0; seed < 20; seed++) assert.ok(colors(seed, 1).every((x) => x >= 0 && x <= 255));
    const none = { brightness: 0, saturation: 0, hue: 0, contrast: 0 };
    const same = distortColor(image, random.seed(1), none).sub(image).abs().max();
    assert.ok(Number(same.arraySync()) < 1e-3);
  });
});

test("splitSeed() gives other seeds for other numbers", () => {
  withoutLeaks(() => {
    const seeds = Array.from({ length: 9 }, (_, i) => String(splitSeed(random.seed(5, 6), i).arraySync()));
    assert.equal(new Set(seeds).size, 9);
  });
});

test("preprocessForEval() resizes, crops and, if asked to, subtracts, as its three steps do", () => {
  withoutLeaks(() => {
    const image = numbered(20, 30);
    const steps = centralCrop(aspectPreservingResize(image, 8), { height: 7, width: 7 });
    assert.deepEqual(preprocessForEval(image, { size: 7 }).arraySync(), steps.arraySync());
    const means = preprocessForEval(image, { size: 7, means: VGG_MEANS });
    assert.deepEqual(means.arraySync(), subtractMeans(steps).arraySync());
    assert.deepEqual(preprocessForEval(image).shape, [224, 224, 3]);
  });
});

test("preprocessForTrain() and preprocessForEval() hold in a recording for images of any size", () => {
  withoutLeaks(() => {
    const both = recordFunction(
      (image, seed) => [
        preprocessForEval(image, { size: 8 }),
        preprocessForTrain(image, { seed, size: 8 }),
        preprocessForTrain(image, { seed, size: 8, crop: "box", color: true }),
      ],
      [numbered(12, 9), random.seed(1)],
    );
    const image = numbered(31, 50);
    const seed = random.seed(2);
    const results = execute(both.name, [image, seed, ...both.captures], {}, 3);
    const expected = [
      preprocessForEval(image, { size: 8 }),
      preprocessForTrain(image, { seed, size: 8 }),
      preprocessForTrain(image, { seed, size: 8, crop: "box", color: true }),
    ];
    results.forEach((result, i) => assert.deepEqual(result.arraySync(), expected[i]?.arraySync()));
    assert.deepEqual(results[2]?.shape, [8, 8, 3]);
    both.dispose();
  });
});
