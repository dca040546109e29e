import assert from "node:assert/strict";
import { test } from "node:test";
import { overlay } from "../../src/inspect/overlay";
import { placementOf, type Placement } from "../../src/inspect/place";
import { Model } from "../../src/model";
import { tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const close = (actual: tf.Tensor, expected: readonly number[], tolerance = 1e-3): void => {
  const values = actual.dataSync();
  assert.equal(values.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(Math.abs((values[i] ?? NaN) - value) < tolerance, `${i}: ${values[i]} ≠ ${value}`),
  );
};

test("overlay() mixes image and jet colours by alpha, hand-computed", () => {
  const images = tf.fill<tf.Rank.R4>([1, 1, 5, 3], 100);
  const heat = tf.tensor3d([[[0, 0.25, 0.5, 0.75, 1]]]);
  const jet = [
    [0, 0, 128 / 255],
    [0, 0.5, 1],
    [0.5, 1, 0.5],
    [1, 0.5, 0],
    [128 / 255, 0, 0],
  ].flat();
  close(
    overlay(images, heat, { colormap: "jet" }),
    jet.map((c) => 60 + 102 * c),
    0.1,
  );
  close(
    overlay(images, heat, { alpha: 1, colormap: "jet" }),
    jet.map((c) => 255 * c),
    0.1,
  );
  close(
    overlay(images, heat, { alpha: 0 }),
    jet.map(() => 100),
  );
});

test("overlay() has matplotlib's turbo and viridis to one level, and refuses a colour map that there is not", () => {
  const { heat, turbo, viridis } = readFixture<Readonly<Record<string, FixtureArray>>>("colormaps");
  const count = heat?.values.length ?? 0;
  const [black, maps] = [tf.zeros<tf.Rank.R4>([1, 1, count, 3]), tf.tensor3d([[[...(heat?.values ?? [])]]])];
  for (const [colormap, wanted] of Object.entries({ turbo, viridis }))
    close(
      overlay(black, maps, { alpha: 1, colormap: colormap === "turbo" ? "turbo" : "viridis" }),
      wanted?.values ?? [],
      1,
    );
  const [first] = overlay(black, maps, { alpha: 1 }).dataSync();
  assert.equal(Math.round(first ?? NaN), Math.round(turbo?.values[0] ?? NaN));
  // @ts-expect-error no such colour map
  assert.throws(() => overlay(black, maps, { colormap: "magma" }), {
    message: 'Cannot colour heat: expected a colormap, one of turbo, viridis, jet, gray, got "magma"',
  });
});

test("overlay() resizes heat bilinearly with pixel centres in the middle", () => {
  const images = tf.zeros<tf.Rank.R4>([1, 1, 4, 3]);
  const gray = overlay(images, tf.tensor3d([[[0, 1]]]), { alpha: 1, colormap: "gray" });
  close(
    gray,
    [0, 0.25, 0.75, 1].flatMap((v) => [255 * v, 255 * v, 255 * v]),
  );
});

test("overlay() has each cell's heat where the cell looks, and none beside what was seen", () => {
  const images = tf.zeros<tf.Rank.R4>([1, 1, 8, 3]);
  const heat = tf.tensor3d([[[0, 1]]]);
  const drawn = (placement: Placement): tf.Tensor => overlay(images, heat, { alpha: 1, colormap: "gray", placement });
  const gray = (values: readonly number[]): number[] => values.flatMap((v) => [255 * v, 255 * v, 255 * v]);
  // middles at pixels 0 and 4, of which the last heat goes on to the edge
  const placement = { rows: [0.5], columns: [0.5 / 8, 4.5 / 8] };
  close(drawn(placement), gray([0, 0.25, 0.5, 0.75, 1, 1, 1, 1]));
  const tensors = { rows: tf.tensor1d([0.5]), columns: tf.tensor1d([0.5 / 8, 4.5 / 8]) };
  close(drawn(tensors), gray([0, 0.25, 0.5, 0.75, 1, 1, 1, 1]));
  const seen = { top: 0, bottom: 1, left: 0.25, right: 0.75 };
  close(drawn({ ...placement, seen }), gray([0, 0, 0.5, 0.75, 1, 1, 0, 0]));
}); // prettier-ignore

test("placementOf() puts what a model saw of a photo onto the whole of it", () => {
  const model = new Model({ width: 1 / 16, fixedResizeSide: 64, defaultImageSize: 32 });
  const photo = tf.zeros<tf.Rank.R4>([1, 128, 256, 3]); // resized to 64 x 128, of which rows 16 to 48 and columns 48 to 80 are seen
  const heatmaps = tf.zeros<tf.Rank.R3>([1, 2, 2]);
  const part = { top: 16 / 64, bottom: 48 / 64, left: 48 / 128, right: 80 / 128 };
  assert.deepEqual(placementOf(photo, { heatmaps, rows: [0, 0.5], columns: [0.25, 1] }, { model }), {
    ...{ rows: [16 / 64, 32 / 64], columns: [56 / 128, 80 / 128], seen: part },
  });
  const even = placementOf(photo, { heatmaps, rows: [0, 0.5] }, { model, placement: "resize" });
  assert.deepEqual(even.rows, [24 / 64, 40 / 64]);
  const whole = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
  assert.deepEqual(placementOf(whole, { heatmaps, rows: [0, 0.5], columns: [0.25, 1] }, { model }), {
    ...{ rows: [0, 0.5], columns: [0.25, 1], seen: { top: 0, bottom: 1, left: 0, right: 1 } },
  });
  model.dispose();
});

test("overlay() refuses places that are not those of its maps", () => {
  const [images, heat] = [tf.zeros<tf.Rank.R4>([1, 4, 4, 3]), tf.zeros<tf.Rank.R3>([1, 2, 2])];
  assert.throws(() => overlay(images, heat, { placement: { rows: [0.5], columns: [0.2, 0.7] } }), {
    name: "TypeError",
    message: "Cannot place heat maps: expected a place for each of 2 rows, got 1",
  });
  assert.throws(() => overlay(images, heat, { placement: { rows: [0.2, 0.7], columns: [0.7, 0.2] } }), {
    name: "RangeError",
    message: "Cannot place heat maps: expected columns that ascend, got 0.2 at 1",
  });
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

test("overlay() draws lines at heats, white within and black without, none at the image's edge", () => {
  const images = tf.fill<tf.Rank.R4>([1, 1, 6, 3], 100);
  const heat = tf.tensor3d([[[0, 0, 0, 1, 1, 1]]]);
  const before = tf.memory().numTensors;
  const lines = overlay(images, heat, { alpha: 0, contour: [0.5] });
  close(lines, [100, 100, 0, 255, 100, 100].flatMap((v) => [v, v, v])); // prettier-ignore
  lines.dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.throws(() => overlay(images, heat, { contour: [0.5, 2] }), {
    name: "RangeError",
    message: "Cannot overlay heat maps: expected contour in 0…1, got 2",
  });
});
