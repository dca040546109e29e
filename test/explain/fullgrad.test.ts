import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/explain/explain";
import { fullGradientsOf } from "../../src/explain/methods/fullgrad";
import { scoreOf } from "../../src/explain/target";
import { outputOfImages } from "../../src/explain/run";
import { Model } from "../../src/model/model";
import { tf } from "../../src/tensorflow";
import { patternImages, patternVariable } from "../patterns";

for (const [architecture, side, options] of [
  ["resnet_v1_14", 64, {}],
  ["resnet_v2_14", 64, {}],
  ["inception_v1", 64, {}],
  ["inception_v3", 107, { createAuxLogits: true }],
] as const)
  test(`the parts that fullGrad adds up are a logit of ${architecture}, less the last bias`, () => {
    const sizes = { fixedResizeSide: side, defaultImageSize: side };
    const model = new Model({ architecture, width: 1 / 8, numClasses: 3, ...sizes, ...options });
    for (const { name, variable } of model.variables.all())
      tf.tidy(() => variable.assign(tf.tensor(patternVariable(name, variable.shape), variable.shape)));
    const images = tf.tensor4d(patternImages("full", [2, side, side, 3]), [2, side, side, 3]);
    const output = outputOfImages(model, images);
    const { score } = scoreOf(output, { classIndex: [2, 0] });
    const logits = [...tf.tidy(() => score(output)).dataSync()];
    const last = [...model.variables.expect("Predict/logits/biases").dataSync()];
    logits.forEach((logit, image) => {
      const { input, biases } = fullGradientsOf({ model, images, score }, image);
      const parts = [input, ...Object.values(biases)].map((part) => part.sum().dataSync()[0] ?? NaN);
      const sum = parts.reduce((total, part) => total + part, last[image === 0 ? 2 : 0] ?? NaN);
      assert.ok(Math.abs(sum - logit) < 1e-3 * Math.max(1, Math.abs(logit)), `${sum}, not ${logit}`);
      assert.ok(parts.slice(1).some((part) => Math.abs(part) > 1e-3));
    });
    model.dispose();
  });

for (const architecture of [
  "mobilenet_v2",
  "mobilenet_v3_small",
  "efficientnet_b0",
  "convnext_tiny",
  "seresnet50",
] as const)
  test(`fullGrad explains ${architecture}, whose layers are no endpoints each`, async () => {
    const model = new Model({
      architecture,
      width: 1 / 8,
      numClasses: 3,
      fixedResizeSide: 64,
      defaultImageSize: 64,
    });
    const images = tf.tensor4d(
      patternImages("full", [2, 64, 64, 3]).map((value) => value / 200),
      [2, 64, 64, 3],
    );
    const heat = await explain(model, images, { method: "fullGrad" });
    assert.deepEqual(heat.heatmaps.shape, [2, 64, 64]);
    assert.deepEqual([...tf.tidy(() => heat.heatmaps.max([1, 2])).dataSync()], [1, 1]);
    tf.dispose([heat, images]);
    model.dispose();
  });

test("the heat of fullGrad is what a place has above all others, whatever a network adds everywhere", async () => {
  const model = new Model({ architecture: "resnet_v1_14", width: 1 / 16, numClasses: 3, fixedResizeSide: 64, defaultImageSize: 64 }); // prettier-ignore
  const images = tf.tensor4d(patternImages("full", [2, 64, 64, 3]), [2, 64, 64, 3]);
  const heat = await explain(model, images, { method: "fullGrad" });
  assert.deepEqual([...tf.tidy(() => heat.values.min([1, 2])).dataSync()], [0, 0]);
  assert.deepEqual([...tf.tidy(() => heat.heatmaps.max([1, 2])).dataSync()], [1, 1]);
  tf.dispose([heat, images]);
  model.dispose();
});
