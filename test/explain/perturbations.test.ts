import assert from "node:assert/strict";
import { test } from "node:test";
import { explain, occlusion, rise, scoreCam, type ExplanationMethod as Method } from "../../src/explain";
import { tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { distanceFrom, type FixtureArray, type Summary } from "../patterns";
import { torchImages, torchModel } from "./torchnet";

interface Perturbations {
  readonly classes: readonly number[];
  readonly scores: FixtureArray;
  readonly endpoints: Readonly<
    Record<
      string,
      {
        readonly scoreCam: FixtureArray;
        readonly scoreCamAligned: FixtureArray;
        readonly gradCamsScoreCam: FixtureArray;
        readonly ablationCam: FixtureArray;
        readonly gradCamsAblationCam: FixtureArray;
      }
    >
  >;
  readonly occlusion: readonly {
    readonly window: number;
    readonly stride: number;
    readonly fill: number;
    readonly values: Summary;
  }[];
  readonly rise: {
    readonly options: {
      readonly masks: number;
      readonly cells: number;
      readonly probability: number;
      readonly seed: number;
    };
    readonly values: Summary;
    readonly centred: Summary;
  };
}

const fixture = readFixture<Perturbations>("perturbations");
const { classes: classIndex } = fixture;
const [model, images] = [torchModel(), torchImages()];
const [, SIDE] = images.shape;

async function valuesBy(method: Method | "ablationCam", endpoint?: string): Promise<number[]> {
  const heat = await explain(model, images, {
    method,
    classIndex,
    ...(endpoint !== undefined && { endpoint }),
  });
  const values = [...(await heat.values.data())];
  tf.dispose(heat);
  return values;
}

/** The greatest difference of two maps, as a share of the greatest value of the second. */
function apart(got: readonly number[], { values }: FixtureArray): number {
  assert.equal(got.length, values.length);
  const differences = got.map((value, i) => Math.abs(value - (values[i] ?? NaN)));
  return Math.max(...differences) / Math.max(...values.map(Math.abs));
}

for (const [endpoint, maps] of Object.entries(fixture.endpoints)) {
  test(`Score-CAM of ${endpoint} is the paper's, and with corners aligned pytorch-grad-cam's`, async () => {
    const cells = model.fieldOfView(endpoint).cells[0];
    const aligned = Array.from({ length: cells }, (_, i) => ((i * (SIDE - 1)) / (cells - 1) + 0.5) / SIDE);
    const resized = await valuesBy(scoreCam({ placement: "resize" }), endpoint);
    const alike = await valuesBy(scoreCam({ placement: { rows: aligned, columns: aligned } }), endpoint);
    assert.ok(apart(resized, maps.scoreCam) < 1e-4, `${apart(resized, maps.scoreCam)}`);
    assert.ok(apart(alike, maps.scoreCamAligned) < 1e-4, `${apart(alike, maps.scoreCamAligned)}`);
    assert.ok(apart(alike, maps.gradCamsScoreCam) < 1e-4, `${apart(alike, maps.gradCamsScoreCam)}`);
  });

  test(`Ablation-CAM of ${endpoint} is the paper's, and but for a negative score's sign pytorch-grad-cam's`, async () => {
    const values = await valuesBy("ablationCam", endpoint);
    assert.ok(apart(values, maps.ablationCam) < 1e-4, `${apart(values, maps.ablationCam)}`);
    const size = values.length / 2;
    const signed = values.map(
      (value, i) => value * Math.sign(fixture.scores.values[Math.floor(i / size)] ?? NaN),
    );
    assert.ok(apart(signed, maps.gradCamsAblationCam) < 1e-4, `${apart(signed, maps.gradCamsAblationCam)}`);
  });
}

for (const { window, stride, fill, values } of fixture.occlusion)
  test(`occlusion by squares of ${window} every ${stride} pixels is Captum's`, async () => {
    const got = await valuesBy(occlusion({ window, stride, fill }));
    assert.ok(
      distanceFrom(values, got, [2, SIDE, SIDE]) < 1e-4,
      `${distanceFrom(values, got, [2, SIDE, SIDE])}`,
    );
  });

test("RISE of given masks is what numpy computes, with and without the mean score", async () => {
  const { options, values, centred } = fixture.rise;
  for (const [wanted, way] of [
    [values, { ...options, centred: false }],
    [centred, options],
  ] as const) {
    const got = await valuesBy(rise(way));
    assert.ok(
      distanceFrom(wanted, got, [2, SIDE, SIDE]) < 1e-4,
      `${distanceFrom(wanted, got, [2, SIDE, SIDE])}`,
    );
  }
});
