import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/explain/explain";
import { gradCam } from "../../src/explain/gradcam";
import type { Subject } from "../../src/explain/method";
import { METHODS } from "../../src/explain/methods";
import { placeOf } from "../../src/explain/place";
import { evidenceOf, runAt } from "../../src/explain/run";
import { scoreOf } from "../../src/explain/target";
import { Model } from "../../src/model/model";
import { memory, tf, trace } from "../../src/tensorflow";
import { patternImages } from "../patterns";
import { valuesOf } from "./maps";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const PLAIN = [
  ...["gradCam", "gradCamPlusPlus", "xGradCam", "hiResCam", "layerCam"],
  ...["eigenCam", "eigenGradCam", "kpcaCam", "randomCam"],
] as const satisfies readonly string[];

const SIZES = {
  width: 1 / 16,
  fixedResizeSide: 64,
  defaultImageSize: 64,
  numClasses: 3,
  preprocessing: "vgg",
} as const;

function someImages(count = 2): tf.Tensor4D {
  return tf.tensor4d(patternImages("cam", [count, 64, 64, 3]), [count, 64, 64, 3]);
}

for (const architecture of ["resnet_v1_14", "resnet_v2_14"] as const)
  for (const strides of ["slim", "torchvision", "keras"] as const)
    test(`the methods of an activation explain ${architecture} with ${strides} strides`, async () => {
      const before = memory().tensors;
      const model = new Model({ ...SIZES, architecture, strides });
      const images = someImages();
      const sums = new Map<string, number[]>();
      for (const method of PLAIN) {
        const heat = await explain(model, images, {
          method,
          endpoint: `${architecture}/block2`,
          classIndex: [2, 0],
        });
        assert.ok(
          valuesOf(heat.heatmaps).every((value) => value >= 0 && value <= 1),
          method,
        );
        sums.set(
          method,
          tf.tidy(() => valuesOf(heat.values.sum([1, 2]))),
        );
        tf.dispose(heat);
      }
      // What XGrad-CAM's paper asks of it: all its values add up to those of activation times gradient.
      const exact = sums.get("hiResCam") ?? assert.fail();
      sums
        .get("xGradCam")
        ?.forEach((sum, i) =>
          assert.ok(Math.abs(sum - (exact[i] ?? NaN)) < 1e-3 * Math.max(1, Math.abs(sum))),
        );
      model.dispose();
      images.dispose();
      assert.equal(memory().tensors, before);
    });

test("the methods of an activation give the same inside trace()", async () => {
  const model = new Model({ ...SIZES, architecture: "resnet_v1_14" });
  const images = someImages();
  const place = placeOf(model, "resnet_v1_14/block2");
  const work = { chunk: 2, precision: "float32" } as const;
  for (const name of PLAIN) {
    const values = (batch: tf.Tensor4D): tf.Tensor => {
      const run = runAt(model, batch, place);
      const { score } = scoreOf(run.output, {});
      const subject: Subject = { ...run, images: batch, score, work, evidence: () => evidenceOf(run, score) };
      const given = METHODS[name].values(subject);
      return given instanceof tf.Tensor ? given : assert.fail(`${name} is no plain operation`);
    };
    const compiled = trace(values, { name });
    const [one, other] = [valuesOf(await compiled(images)), valuesOf(tf.tidy(() => values(images)))];
    const greatest = Math.max(...other.map(Math.abs));
    one.forEach((value, i) =>
      assert.ok(Math.abs(value - (other[i] ?? NaN)) <= 1e-5 * greatest, `${name} ${i}`),
    );
    compiled.dispose();
  }
});

test("numbers that are not finite are an error that names the image, of every method", async () => {
  const model = new Model({ ...SIZES, architecture: "resnet_v1_14", pixels: "any" });
  const images = tf.tidy(() => tf.concat<tf.Tensor4D>([someImages(1), someImages(1).mul(1e36)], 0));
  const before = memory().tensors;
  for (const method of Object.keys(METHODS).filter((name): name is keyof typeof METHODS => name in METHODS))
    await assert.rejects(explain(model, images, { method, endpoint: "resnet_v1_14/block2" }), {
      name: "RangeError",
      message:
        /^Cannot explain image 1 by \w+[^:]*: expected finite activations of resnet_v1_14\/block\d, got NaN or infinite ones$/,
    });
  assert.throws(
    () => gradCam(model, images),
    /Cannot explain by gradCam at resnet_v1_14\/block4: expected finite values/,
  );
  assert.equal(memory().tensors, before);
});

test("logits that are not finite are an error, too", async () => {
  const model = new Model({ ...SIZES, architecture: "resnet_v1_14" });
  tf.tidy(() => model.variables.expect("Predict/logits/biases").assign(tf.tensor1d([0, Infinity, 0])));
  await assert.rejects(explain(model, someImages(), { method: "eigenCam" }), {
    message:
      "Cannot explain image 0 by eigenCam at resnet_v1_14/block4: expected finite logits, got NaN or infinite ones",
  });
});

test("a network of several classes an image is explained by the likeliest, or by those asked for", async () => {
  const model = new Model({ ...SIZES, architecture: "resnet_v1_14", multiLabel: true });
  const images = someImages();
  const [heat, asked] = [await explain(model, images), await explain(model, images, { classIndex: [2, 1] })];
  const [cam, askedCam] = [gradCam(model, images), gradCam(model, images, { classIndex: [2, 1] })];
  const likeliest = valuesOf(tf.argMax(heat.probabilities, 1));
  assert.deepEqual([valuesOf(heat.classes), valuesOf(cam.classes)], [likeliest, likeliest]);
  assert.deepEqual([valuesOf(asked.classes), valuesOf(askedCam.classes)], [[2, 1], [2, 1]]); // prettier-ignore
  assert.deepEqual(valuesOf(asked.predicted ?? assert.fail()), likeliest);
  const logits = model.predict(images, { isTraining: false }).logits;
  valuesOf(tf.sigmoid(logits)).forEach((value, i) =>
    assert.ok(Math.abs(value - (valuesOf(heat.probabilities)[i] ?? NaN)) < 1e-6),
  );
  assert.deepEqual(valuesOf(asked.heatmaps), valuesOf(askedCam.heatmaps));
});
