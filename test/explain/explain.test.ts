import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/explain/explain";
import { gradCam } from "../../src/explain/gradcam";
import { METHODS } from "../../src/explain/methods";
import { rise } from "../../src/explain/methods/rise";
import { Model } from "../../src/model/model";
import { memory, tf } from "../../src/tensorflow";
import { patternImages } from "../patterns";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const valuesOf = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

function thinModel(): Model {
  return new Model({
    ...{ architecture: "resnet_v1_14", numClasses: 3, width: 1 / 16 },
    ...{ fixedResizeSide: 64, defaultImageSize: 64 },
  });
}

function thinImages(): tf.Tensor4D {
  return tf.tensor4d(patternImages("cam", [2, 64, 64, 3]), [2, 64, 64, 3]);
}

function assertNear(got: tf.Tensor, wanted: readonly number[], tolerance = 1e-6): void {
  assert.equal(got.size, wanted.length);
  valuesOf(got).forEach((value, i) =>
    assert.ok(Math.abs(value - (wanted[i] ?? NaN)) <= tolerance, `${i}: ${value} and ${wanted[i]}`),
  );
}

for (const name of Object.keys(METHODS).filter((name): name is keyof typeof METHODS => name in METHODS))
  test(`explain() by ${name} gives a map of each image and keeps nothing`, async () => {
    const [model, images] = [thinModel(), thinImages()];
    const before = memory().tensors;
    const heat = await explain(model, images, { method: name, endpoint: "resnet_v1_14/block2" });
    const [batch, height, width] = heat.heatmaps.shape;
    const side = METHODS[name].of === "pixels" ? 64 : 4;
    assert.deepEqual([batch, height, width], [2, side, side]);
    assert.deepEqual([heat.rows.size, heat.columns.size], [side, side]);
    for (const value of valuesOf(heat.heatmaps)) assert.ok(value >= 0 && value <= 1);
    assert.deepEqual(heat.values.shape.slice(0, 3), heat.heatmaps.shape);
    tf.dispose(heat);
    assert.equal(memory().tensors, before);
    images.dispose();
    model.dispose();
  });

test("explain() is Grad-CAM unless told otherwise", async () => {
  const [model, images] = [thinModel(), thinImages()];
  const options = { endpoint: "resnet_v1_14/block3", classIndex: [2, 0] };
  const [one, other] = [await explain(model, images, options), gradCam(model, images, options)];
  assertNear(one.heatmaps, valuesOf(other.heatmaps));
  assert.deepEqual(valuesOf(one.classes), [2, 0]);
  assert.deepEqual(valuesOf(one.predicted ?? assert.fail()), valuesOf(other.predicted));
  assertNear(one.rows, valuesOf(other.rows));
});

test("explain() takes the difference of two logits, its negative, and any function of the output", async () => {
  const [model, images] = [thinModel(), thinImages()];
  const endpoint = "resnet_v1_14/block3";
  const of = async (classIndex: number): Promise<number[]> =>
    valuesOf((await explain(model, images, { endpoint, classIndex, method: "hiResCam" })).values);
  const [first, second] = [await of(0), await of(2)];
  const difference = first.map((value, i) => value - (second[i] ?? NaN));
  const ways = [
    { classIndex: 0, against: 2 },
    { classIndex: 2, against: [0, 0], counterfactual: true },
    { target: ({ logits }: { logits: tf.Tensor2D }) => logits.mul(tf.tensor1d([1, 0, -1])).sum(1) },
    {
      target: [0, 1].map(
        () =>
          ({ logits }: { logits: tf.Tensor2D }) =>
            logits.mul([1, 0, -1]).sum(1),
      ),
    },
  ];
  for (const way of ways)
    assertNear((await explain(model, images, { endpoint, method: "hiResCam", ...way })).values, difference, 1e-3); // prettier-ignore
});

test("explain() puts the maps of several endpoints together where their cells look", async () => {
  const [model, images] = [thinModel(), thinImages()];
  const endpoint = ["resnet_v1_14/block1", "resnet_v1_14/block3"];
  const before = memory().tensors;
  const heat = await explain(model, images, { endpoint });
  assert.equal(memory().tensors, before + 6);
  assert.deepEqual(heat.heatmaps.shape, [2, 8, 8]);
  assert.ok(Math.abs(Math.max(...valuesOf(heat.heatmaps)) - 1) < 1e-6);
});

test("explain() refuses what it cannot explain, by name, and keeps nothing", async () => {
  const [model, images] = [thinModel(), thinImages()];
  const before = memory().tensors;
  const refused = async (options: Parameters<typeof explain>[2], message: RegExp): Promise<void> =>
    assert.rejects(explain(model, images, options), { message });
  await refused({ endpoint: [] }, /^Cannot explain by endpoints: expected one or more, got none/);
  await refused({ endpoint: "block4" }, /^Cannot explain by endpoint "block4"/);
  await refused({ classIndex: 3 }, /^Cannot explain class 3: expected a whole number in 0 … 2/);
  await refused({ against: [0] }, /^Cannot explain classes: expected one for each of 2 images, got 1/);
  await refused({ chunk: 0 }, /^Cannot explain: expected chunk to be a whole number from 1 on, got 0/);
  await refused(
    { target: ({ logits }) => logits },
    /^Cannot explain: expected a target that gives one number for each image, \[2\], got \[2, 3\]/,
  );
  // @ts-expect-error no tensor
  await refused({ target: () => 5 }, /one number for each image, \[2\], got number/);
  await refused(
    // @ts-expect-error no method, but what makes one
    { method: rise },
    /expected a method's name, or a method as rise\(\) gives one, got function/,
  );
  for (const [given, message] of [
    [
      tf.tidy(() => tf.concat<tf.Tensor4D>([tf.zeros([1, 64, 64, 3]), tf.fill([1, 64, 64, 3], NaN)], 0)),
      /^Cannot explain images: expected finite pixels, got others in image 1$/,
    ],
    [
      tf.zeros<tf.Rank.R4>([0, 64, 64, 3]),
      /^Cannot explain images: expected one or more, .* got \[0, 64, 64, 3\]/,
    ],
  ] as const) {
    await assert.rejects(explain(model, given), { message });
    assert.throws(() => gradCam(model, given), { message });
    given.dispose();
  }
  const both = { target: ({ logits }: { logits: tf.Tensor2D }) => logits.max(1), classIndex: 1 };
  await refused(both, /^Cannot explain: expected either a target or classes, got both/);
  assert.equal(memory().tensors, before);
});
