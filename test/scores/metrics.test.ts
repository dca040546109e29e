import assert from "node:assert/strict";
import { test } from "node:test";
import { deletion, insertion, pointingGame } from "../../src/scores/metrics";
import { correlation, ordered, ranks } from "../../src/scores/metrics/order";
import { tf } from "../../src/tensorflow";
import { mapsOf, thinModel } from "./maps";

/** The first pixel's red, of images 2 x 2. */
const firstPixel = (images: tf.Tensor4D): tf.Tensor =>
  images.slice([0, 0, 0, 0], [-1, 1, 1, 1]).reshape([-1]);

function smallMaps(...heat: readonly (readonly number[])[]): ReturnType<typeof mapsOf> {
  const image = tf.tensor4d([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 2, 2, 3]);
  const images = tf.tile(image, [heat.length, 1, 1, 1]);
  return mapsOf(
    thinModel(),
    images,
    heat.map((one) => Float32Array.from(one)),
    firstPixel,
  );
}

test("deletion is the area under what is left as the hottest pixels go", async () => {
  const judge = deletion({ steps: 4 }).open(thinModel());
  const { scores, curves } = await judge.judge(smallMaps([1, 0.5, 0.2, 0.1], [0, 0.5, 0.2, 0.1]));
  // All of the class is in the first pixel, which goes first of the one and last of the other.
  assert.deepEqual(curves?.[0]?.y, [
    [1, 0, 0, 0, 0],
    [1, 1, 1, 1, 0],
  ]);
  assert.deepEqual(scores["deletion"], [0.125, 0.875]);
});

test("insertion is the area under what comes back into a blurred image", async () => {
  const judge = insertion({ steps: 4 }).open(thinModel());
  const { scores, curves } = await judge.judge(smallMaps([1, 0.5, 0.2, 0.1], [0, 0.5, 0.2, 0.1]));
  const blurred = curves?.[0]?.y[0]?.[0] ?? NaN; // about the mean of the four pixels
  assert.ok(Math.abs(blurred - 0.2525) < 0.003, String(blurred));
  const [first = NaN, last = NaN] = scores["insertion"] ?? [];
  assert.ok(Math.abs(first - (blurred / 2 + 3.5) / 4) < 1e-6);
  assert.ok(Math.abs(last - (3.5 * blurred + 0.5) / 4) < 1e-6);
});

test("the pointing game hits where the greatest heat is in the box, and tells the share of heat inside", async () => {
  const heat = [
    [0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0.5, 0, 0, 0, 0, 0.5], // two pixels are as hot: one inside
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ];
  const images = tf.zeros<tf.Rank.R4>([4, 4, 4, 3]);
  const box = { top: 0.25, bottom: 0.5, left: 0, right: 0.5 };
  const given = mapsOf(thinModel(), images, heat.map((one) => Float32Array.from(one)), firstPixel); // prettier-ignore
  const maps = { ...given, boxes: [box, box, box, undefined] };
  const { scores } = await pointingGame().open(thinModel()).judge(maps);
  assert.deepEqual(scores, { hit: [0.5, 0, 0, NaN], inside: [1 / 3, 0, 0, NaN] });
  // The last pixel's middle is 1.5 pixels below the box, and as many beside it.
  const hits = async (tolerance: number): Promise<number | undefined> =>
    (await pointingGame({ tolerance }).open(thinModel()).judge(maps)).scores["hit"]?.[2];
  assert.equal(await hits(2.1), 0);
  assert.equal(await hits(2.2), 1);
});

test("pixels are ordered by heat, like ones as they are read; ranks have the mean of theirs", () => {
  const heat = Float32Array.from([0.5, 0, 1, 0, 0.5]);
  assert.deepEqual([...ordered(heat, "greatest")], [2, 0, 4, 1, 3]);
  assert.deepEqual([...ordered(heat, "least")], [1, 3, 0, 4, 2]);
  assert.deepEqual([...ranks(heat)], [3.5, 1.5, 5, 1.5, 3.5]);
});

test("the correlation of ranks is SciPy's", () => {
  // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) and one with ties on both sides
  const of = (some: readonly number[], others: readonly number[]): number =>
    correlation(ranks(Float32Array.from(some)), ranks(Float32Array.from(others)));
  assert.ok(Math.abs(of([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) - 0.8207826816681233) < 1e-12);
  assert.equal(of([1, 2, 3], [3, 2, 1]), -1);
  assert.equal(of([1, 2, 3], [4, 4, 4]), 0);
});

test("metrics refuse options out of their range", () => {
  assert.throws(() => deletion({ steps: 0 }), { message: /Cannot measure by deletion: expected steps/ });
  assert.throws(() => insertion({ steps: 1.5 }), { message: /Cannot measure by insertion: expected steps/ });
  assert.throws(() => pointingGame({ tolerance: -1 }), {
    message: /expected tolerance of 0 or more, got -1/,
  });
});
