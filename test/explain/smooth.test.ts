import assert from "node:assert/strict";
import { after, test } from "node:test";
import { explain, type ExplainOptions } from "../../src/explain/explain";
import type { Explained } from "../../src/explain/explained";
import { memory, tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";
import { distanceOf, valuesOf, type Maps } from "./maps";
import { torchImages, torchModel } from "./torchnet";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

interface SmoothFixture {
  readonly cases: readonly {
    readonly endpoint: string;
    readonly classIndex: number;
    readonly eigenSmooth: Readonly<Record<string, Maps>>;
  }[];
  readonly augSmooth: { readonly endpoint: string; readonly classIndex: number; readonly maps: FixtureArray };
}

const fixture = readFixture<SmoothFixture>("cams");
const [model, images] = [torchModel(), torchImages()];
after(() => {
  model.dispose();
  images.dispose();
});

for (const method of ["gradCam", "hiResCam", "layerCam"] as const)
  test(`eigenSmooth of ${method} equals pytorch-grad-cam`, async () => {
    for (const { endpoint, classIndex, eigenSmooth } of fixture.cases) {
      const heat = await explain(model, images, { method, endpoint, classIndex, eigenSmooth: true });
      const far = distanceOf(heat.values, eigenSmooth[method] ?? assert.fail(method));
      assert.ok(far < 1e-4, `${endpoint} ${classIndex}: ${far}`);
      tf.dispose(heat);
    }
  });

test("eigenSmooth is refused, by name, of a method without maps of channels", async () => {
  const before = memory().tensors;
  await assert.rejects(explain(model, images, { method: "eigenCam", eigenSmooth: true }), {
    name: "TypeError",
    message:
      "Cannot smooth eigenCam by eigenSmooth: expected a method that has a map of each channel, as gradCam, got one that gives one map",
  });
  await assert.rejects(explain(model, images, { method: "occlusion", eigenSmooth: true }), {
    message: /^Cannot smooth occlusion by eigenSmooth: expected [^]+, got one of pixels$/,
  });
  assert.equal(memory().tensors, before);
});

/** A row at places that ascend, at others, linearly. */
function at(row: readonly number[], places: readonly number[], wanted: readonly number[]): number[] {
  return wanted.map((place) => {
    const above = places.findIndex((one) => one > place);
    if (above === 0) return row[0] ?? NaN;
    if (above < 0) return row.at(-1) ?? NaN;
    const [low = NaN, high = NaN] = [places[above - 1], places[above]];
    const part = (place - low) / (high - low);
    return (row[above - 1] ?? NaN) * (1 - part) + (row[above] ?? NaN) * part;
  });
}

test("augSmooth is the mean of pytorch-grad-cam's six maps, each where its cells look", async () => {
  const { endpoint, classIndex, maps } = fixture.augSmooth;
  const heat = await explain(model, images, { endpoint, classIndex, augSmooth: true });
  const [views = 0, batch = 0, height = 0, width = 0] = maps.shape;
  const columns = valuesOf(heat.columns);
  const mirrored = columns.map((column) => 1 - column).reverse();
  assert.ok(Math.abs((columns[0] ?? 0) - (mirrored[0] ?? 0)) > 0.05); // what mirroring cell by cell would be off by
  const wanted = new Array<number>(batch * height * width).fill(0);
  for (let map = 0; map < views * batch; map++) {
    const values = maps.values.slice(map * height * width, (map + 1) * height * width);
    const greatest = Math.max(...values);
    for (let y = 0; y < height; y++) {
      const row = values.slice(y * width, (y + 1) * width).map((value) => value / greatest);
      const placed = map < (views / 2) * batch ? row : at([...row].reverse(), mirrored, columns); // theirs mirrors the last three
      placed.forEach((value, x) => {
        const i = ((map % batch) * height + y) * width + x;
        wanted[i] = (wanted[i] ?? NaN) + value / views;
      });
    }
  }
  const far = distanceOf(heat.values, { maps: { shape: [batch, height, width], values: wanted } });
  assert.ok(far < 1e-4, `${far}`);
  assert.ok(Math.abs(Math.max(...valuesOf(heat.heatmaps)) - 1) < 1e-6);
});

test("augSmooth explains the classes of the images as they are, of several endpoints, and tells how far it is", async () => {
  const before = memory().tensors;
  const told: number[] = [];
  const options: ExplainOptions = {
    method: "layerCam",
    endpoint: ["resnet_v1_14/block2", "resnet_v1_14/block4"],
    onProgress: ({ done, total }) => told.push(done / total),
  };
  const [plain, smooth] = [
    await explain(model, images, options),
    await explain(model, images, { ...options, augSmooth: true, eigenSmooth: true }),
  ];
  assert.deepEqual(told, [1 / 2, 1, ...Array.from({ length: 12 }, (_, i) => (i + 1) / 12)]);
  const same = ({ classes, probabilities, rows, columns }: Explained): number[] =>
    [classes, probabilities, rows, columns].flatMap(valuesOf);
  assert.deepEqual(same(smooth), same(plain));
  assert.equal(smooth.predicted, undefined);
  assert.notDeepEqual(valuesOf(smooth.heatmaps), valuesOf(plain.heatmaps));
  tf.dispose([plain, smooth]);
  assert.equal(memory().tensors, before);
});

test("augSmooth stops between two of its images, with the signal's reason", async () => {
  const [before, stop] = [memory().tensors, new AbortController()];
  const onProgress = (): void => stop.abort(new Error("enough"));
  await assert.rejects(explain(model, images, { augSmooth: true, onProgress, signal: stop.signal }), {
    message: "enough",
  });
  assert.equal(memory().tensors, before);
});
