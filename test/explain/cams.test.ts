import assert from "node:assert/strict";
import { after, test } from "node:test";
import { explain, type ExplainOptions } from "../../src/explain/explain";
import { eigenCam } from "../../src/explain/methods/eigencam";
import { kpcaCam } from "../../src/explain/methods/kpcacam";
import { randomCam } from "../../src/explain/methods/randomcam";
import { tf } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";
import { distanceOf, valuesOf, type Maps } from "./maps";
import { torchImages, torchModel } from "./torchnet";

interface CamsFixture {
  readonly logits: FixtureArray;
  readonly cases: readonly {
    readonly endpoint: string;
    readonly classIndex: number;
    readonly gradCam: Readonly<Record<string, Maps>>;
    readonly paper: Readonly<Record<string, FixtureArray>>;
  }[];
}

const fixture = readFixture<CamsFixture>("cams");
const [model, images] = [torchModel(), torchImages()];
after(() => {
  model.dispose();
  images.dispose();
});

async function valuesBy(options: ExplainOptions): Promise<tf.Tensor3D> {
  const { values, ...others } = await explain(model, images, options);
  tf.dispose(others);
  return values;
}

test("the network is torch's", () => {
  const { logits } = model.predict(images, { isTraining: false });
  assert.ok(distanceOf(logits, { maps: fixture.logits }) < 1e-5);
});

const SAME = ["gradCam", "hiResCam", "xGradCam", "layerCam", "eigenCam", "eigenGradCam", "kpcaCam"] as const;
for (const name of SAME)
  test(`${name} equals pytorch-grad-cam, on blocks and classes`, async () => {
    for (const { endpoint, classIndex, gradCam } of fixture.cases) {
      const wanted = gradCam[name] ?? assert.fail(name);
      const values = await valuesBy({ method: name, endpoint, classIndex });
      const far = distanceOf(values, wanted);
      assert.ok(far < 1e-4, `${endpoint} ${classIndex}: ${far}`);
      values.dispose();
    }
  });

test("each image is explained by its own class", async () => {
  const endpoint = "resnet_v1_14/block3";
  const size = 4 * 4;
  for (const name of SAME) {
    const rows = [2, 0].flatMap((classIndex, image) => {
      const one = fixture.cases.find(
        (other) => other.endpoint === endpoint && other.classIndex === classIndex,
      );
      const { maps, turned } = one?.gradCam[name] ?? assert.fail(name);
      const values = maps.values.slice(image * size, (image + 1) * size);
      return turned?.[image] === true ? values.map((value) => -value) : values;
    });
    const values = await valuesBy({ method: name, endpoint, classIndex: [2, 0] });
    assert.ok(distanceOf(values, { maps: { shape: [2, 4, 4], values: rows } }) < 1e-4, name);
    values.dispose();
  }
});

test("gradCamPlusPlus equals the paper's formula, from which pytorch-grad-cam departs", async () => {
  for (const { endpoint, classIndex, paper } of fixture.cases) {
    const values = await valuesBy({ method: "gradCamPlusPlus", endpoint, classIndex });
    const far = distanceOf(values, { maps: paper["gradCamPlusPlus"] ?? assert.fail() });
    assert.ok(far < 1e-4, `${endpoint} ${classIndex}: ${far}`);
    values.dispose();
  }
});

test("eigenCam that is not centered is the first singular vector's projection, above 0", async () => {
  for (const { endpoint, paper } of fixture.cases.filter(({ classIndex }) => classIndex === 2)) {
    const values = await valuesBy({ method: eigenCam({ centered: false }), endpoint });
    assert.ok(distanceOf(values, { maps: paper["eigenCam"] ?? assert.fail() }) < 1e-4, endpoint);
    assert.ok(valuesOf(values).every((value) => value >= 0));
  }
});

test("kpcaCam takes another kernel and gamma", async () => {
  for (const { endpoint, classIndex, gradCam } of fixture.cases) {
    const values = await valuesBy({ method: kpcaCam({ kernel: "rbf", gamma: 0.001 }), endpoint, classIndex });
    const far = distanceOf(values, gradCam["kpcaCam rbf"] ?? assert.fail());
    assert.ok(far < 1e-4, `${endpoint} ${classIndex}: ${far}`);
  }
  assert.throws(
    () => kpcaCam({ gamma: 0 }),
    /^RangeError: Cannot explain by kpcaCam: expected a gamma above 0, got 0/,
  );
});

test("kpcaCam refuses an endpoint of too many cells, by name", async () => {
  const large = tf.zeros<tf.Rank.R4>([1, 260, 260, 3]);
  await assert.rejects(explain(model, large, { method: "kpcaCam", endpoint: "resnet_v1_14/block1" }), {
    name: "RangeError",
    message: "Cannot explain by kpcaCam at resnet_v1_14/block1: expected at most 4096 cells, got 65 x 65",
  });
});

test("randomCam is the same on each run, and another with another seed", async () => {
  const [one, again, other] = [
    await valuesBy({ method: "randomCam" }),
    await valuesBy({ method: "randomCam", classIndex: 3 }),
    await valuesBy({ method: randomCam({ seed: 2 }) }),
  ];
  assert.deepEqual(valuesOf(one), valuesOf(again));
  assert.notDeepEqual(valuesOf(one), valuesOf(other));
  assert.throws(() => randomCam({ seed: 0.5 }), /^RangeError: Cannot explain by randomCam: expected a seed/);
});

test("a component has the same sign at every run", async () => {
  const runs = [];
  for (let run = 0; run < 3; run++)
    runs.push(valuesOf(await valuesBy({ method: "eigenGradCam", classIndex: 0 })));
  assert.deepEqual(runs[1], runs[0]);
  assert.deepEqual(runs[2], runs[0]);
});
