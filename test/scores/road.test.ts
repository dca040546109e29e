import assert from "node:assert/strict";
import { test } from "node:test";
import { imputer } from "../../src/scores/metrics/impute";
import { road } from "../../src/scores/metrics";
import { memory, tf } from "../../src/tensorflow";
import { torchImages, torchModel } from "../explain/torchnet";
import { readFixture } from "../fixtures";
import { pattern, type FixtureArray } from "../patterns";
import { mapsOf, thinModel } from "./maps";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const SIDE = 64;

interface RoadFixture {
  readonly percentiles: readonly number[];
  readonly classes: readonly number[];
  readonly maps: Readonly<
    Record<
      "noise" | "bump",
      {
        readonly combined: readonly number[];
        readonly most: readonly (readonly number[])[];
        readonly least: readonly (readonly number[])[];
        /** Every 11th row from the 5th and 13th column from the 3rd. */
        readonly filled: FixtureArray;
      }
    >
  >;
}

/** As test/oracle/road.py ranks them: of like ones the first is the lower. */
function ranked(values: readonly number[]): Float32Array {
  const order = [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const ranks = new Float32Array(values.length);
  order.forEach((pixel, rank) => (ranks[pixel] = rank / values.length));
  return ranks;
}

const MAPS = {
  noise: [0, 1].map((image) => ranked([...pattern(`road/${image}`, [SIDE * SIDE])])),
  bump: [[20, 24] as const, [40, 13] as const].map(
    ([row, column]) =>
    ranked(Array.from({ length: SIDE * SIDE }, (_, i) => -((Math.floor(i / SIDE) - row) ** 2 + ((i % SIDE) - column) ** 2))), // prettier-ignore
  ),
};

function assertNear(
  got: readonly number[],
  wanted: readonly number[],
  tolerance: number,
  what: string,
): void {
  assert.equal(got.length, wanted.length);
  got.forEach((value, i) =>
    assert.ok(Math.abs(value - (wanted[i] ?? NaN)) <= tolerance, `${what} ${i}: ${value} and ${wanted[i]}`),
  );
}

const fixture = readFixture<RoadFixture>("road");

for (const name of ["noise", "bump"] as const)
  test(`ROAD of maps without ties is pytorch-grad-cam's, ${name}`, async () => {
    const [model, images] = [torchModel(), torchImages()];
    const network = (changed: tf.Tensor4D, of: readonly number[]): tf.Tensor => {
      const classes = tf.oneHot(of.map((image) => fixture.classes[image] ?? NaN), 5); // prettier-ignore
      return tf
        .softmax(model.predict(changed, { isTraining: false }).logits)
        .mul(classes)
        .sum(1);
    };
    const maps = mapsOf(model, images, MAPS[name], network);
    const wanted = fixture.maps[name];
    const judge = road({ noise: 0 }).open(model);
    const before = memory().tensors;
    const { scores, curves = [] } = await judge.judge(maps);
    assert.equal(memory().tensors, before);
    judge.dispose();
    assertNear(scores["road"] ?? [], wanted.combined, 1e-5, "road");
    wanted.most.forEach((all, i) => assertNear(curves[0]?.y[i] ?? [], all, 2e-5, "most"));
    wanted.least.forEach((all, i) => assertNear(curves[1]?.y[i] ?? [], all, 2e-5, "least"));
  });

test("removed pixels are filled as pytorch-grad-cam fills them", async () => {
  const images = torchImages();
  const { fill, dispose } = imputer();
  for (const name of ["noise", "bump"] as const) {
    const half = tf.tensor4d(Float32Array.from(MAPS[name].flatMap((map) => [...map].map((heat) => (heat >= 0.5 ? 1 : 0)))), [2, SIDE, SIDE, 1]); // prettier-ignore
    const filled = await fill(images, half);
    const values = filled.dataSync();
    const samples = [0, 1].flatMap((image) =>
      [5, 16, 27, 38, 49, 60].flatMap((row) =>
        [3, 16, 29, 42, 55].flatMap((column) =>
          [0, 1, 2].map((c) => values[((image * SIDE + row) * SIDE + column) * 3 + c] ?? NaN),
        ),
      ),
    );
    assertNear(samples, fixture.maps[name].filled.values, 2e-3, "filled"); // of 255
    tf.dispose([half, filled]);
  }
  dispose();
});

test("filled pixels are the mean of their neighbours by weight, at any size", async () => {
  for (const [height, width] of [
    [37, 53],
    [1, 9],
    [3, 2],
    [20, 64],
  ] as const) {
    const images = tf.tensor4d(pattern("fill", [1, height, width, 1], { scale: 100 }), [1, height, width, 1]);
    const hole = Float32Array.from({ length: height * width }, (_, i) => (i % (height * width - 1) === 0 || i % 97 === 3 ? 0 : 1)); // prettier-ignore
    const masks = tf.tensor4d(hole, [1, height, width, 1]);
    const { fill, dispose } = imputer();
    const filled = await fill(images, masks);
    const values = filled.dataSync();
    hole.forEach((isHole, pixel) => {
      const mean =
        isHole === 1 ? meanAround(values, pixel, [height, width]) : (images.dataSync()[pixel] ?? NaN);
      const value = values[pixel] ?? NaN;
      assert.ok(Math.abs(value - mean) < 1e-3, `${height} x ${width}, ${pixel}: ${value} and ${mean}`);
    });
    tf.dispose([images, masks, filled]);
    dispose();
  }
});

/** By the weights of ROAD. */
function meanAround(
  values: ArrayLike<number>,
  pixel: number,
  [height, width]: readonly [number, number],
): number {
  const [row, column] = [Math.floor(pixel / width), pixel % width];
  let [sum, weights] = [0, 0];
  for (const down of [-1, 0, 1])
    for (const right of [-1, 0, 1]) {
      const [y, x] = [row + down, column + right];
      if ((down === 0 && right === 0) || y < 0 || x < 0 || y >= height || x >= width) continue;
      const weight = down === 0 || right === 0 ? 1 / 6 : 1 / 12;
      sum += weight * (values[y * width + x] ?? NaN);
      weights += weight;
    }
  return sum / weights;
}

test("a map that says nothing has ROAD 0, and part of its pixels goes", async () => {
  const model = thinModel();
  const images = tf.tensor4d(pattern("road/flat", [1, 16, 16, 3]), [1, 16, 16, 3]);
  const seen: number[] = [];
  const maps = mapsOf(model, images, [new Float32Array(256)], (changed) => {
    const same = tf.equal(changed, images).all(3).sum([1, 2]);
    seen.push(...same.dataSync());
    return changed.abs().mean([1, 2, 3]);
  });
  const judge = road({ percentiles: [25, 50] }).open(model);
  const { scores } = await judge.judge(maps);
  judge.dispose();
  assert.deepEqual(seen, [64, 128, 64, 128]);
  assert.ok(Math.abs(scores["road"]?.[0] ?? NaN) < 2e-3); // but for the noise
});

test("ROAD's noise is that of its seed, whatever the chunk", async () => {
  const model = thinModel();
  const images = tf.tensor4d(pattern("road/chunk", [2, 16, 16, 3]), [2, 16, 16, 3]);
  const heat = [0, 1].map((i) => pattern(`road/chunk/${i}`, [256]));
  const scoresBy = async (chunk: number, seed: number): Promise<readonly number[]> => {
    const judge = road({ percentiles: [30, 60], seed }).open(model);
    const maps = mapsOf(model, images, heat, (changed) => changed.abs().mean([1, 2, 3]));
    const { scores } = await judge.judge({ ...maps, chunk });
    judge.dispose();
    return scores["road"] ?? [];
  };
  const [one, other] = [await scoresBy(8, 0), await scoresBy(3, 0)];
  assertNear(one, other, 1e-6, "road");
  assert.notDeepEqual(one, await scoresBy(8, 1));
});

test("road() refuses percentiles and noise that are none", () => {
  assert.throws(() => road({ percentiles: [0] }), { message: /expected percentiles above 0 and below 100, got 0/ }); // prettier-ignore
  assert.throws(() => road({ percentiles: [] }), { message: /got none/ });
  assert.throws(() => road({ noise: -1 }), { message: /expected noise of 0 or more, got -1/ });
});
