/** Inceptions kept and compiled: what comes back gives the same. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadClassifier, saveClassifier } from "../../../src/classifier";
import { gradCam } from "../../../src/explain";
import { Model, type ModelOptions } from "../../../src/model";
import { memory, random, tf, trace } from "../../../src/tensorflow";
import { everyNetwork } from "../../everynetwork";
import { temporaryFolder } from "../../temporary";
import { relativeDistance } from "../patterned";

const SIDE = 107;
const SIZES = { defaultImageSize: SIDE, fixedResizeSide: SIDE, width: 1 / 16, numClasses: 3 };
const root = temporaryFolder("inceptions");

/** One of the least channels, whose moving statistics are not those of the start. */
function thinInception(options: ModelOptions): Model {
  const model = new Model({ ...SIZES, ...options });
  for (const [i, { name, variable }] of model.variables.all().entries())
    if (/moving|beta|biases/.test(name))
      tf.tidy(() => variable.assign(random.uniform(variable.shape, random.seed(7, i), 0.5, 1)));
  return model;
}

function pixels(batch = 2): tf.Tensor4D {
  return tf.tidy(() =>
    random.uniform([batch, SIDE, SIDE, 3], random.seed(1), -1, 1).as4D(batch, SIDE, SIDE, 3),
  );
}

const NETWORKS = ["inception_v3", "inception_v4", "inception_resnet_v2"] as const;

for (const architecture of everyNetwork(NETWORKS, ["inception_v3", "inception_resnet_v2"]))
  for (const isTraining of [false, true])
    test(`${architecture} eager = traced to 1e-6 ${isTraining ? "in training, of one seed" : "in inference"}, and leaks nothing`, () => {
      const before = memory();
      const model = thinInception({ architecture, createAuxLogits: true });
      const images = pixels(3);
      const seed = random.seed(3);
      const run = (x: tf.Tensor4D, own: tf.Tensor) => {
        const { logits, auxLogits, updates } = model.predict(x, { isTraining, seed: own });
        return [logits, ...(auxLogits === undefined ? [] : [auxLogits]), ...updates.map(({ value }) => value)];
      };
      const compiled = trace(run);
      const [eager, traced] = [tf.tidy(() => run(images, seed)), compiled.sync(images, seed)];
      assert.equal(eager.length, traced.length);
      eager.forEach((value, i) => {
        const distance = relativeDistance(traced[i]?.dataSync() ?? [], value.dataSync());
        assert.ok(distance < 1e-6, `${i}: ${distance}`);
      });
      compiled.dispose();
      tf.dispose([images, seed, eager, traced]);
      model.dispose();
      assert.deepEqual(memory(), before);
    }); // prettier-ignore

test("a classifier kept has the source's form and its auxiliary classifier again", async () => {
  const model = thinInception({ architecture: "inception_v3", source: "timm", createAuxLogits: true });
  const dir = join(root, "classifier");
  await saveClassifier(model, dir, { classNames: ["a", "b", "c"] });
  const { model: again, dispose } = loadClassifier(dir);
  assert.deepEqual(again.options, { ...model.options, isTraining: again.options.isTraining });
  tf.tidy(() => {
    const images = pixels();
    const [was, is] = [model, again].map((one) => one.predict(images, { isTraining: false }));
    assert.deepEqual(is?.logits.arraySync(), was?.logits.arraySync());
    assert.deepEqual(is?.endpoints["AuxLogits"]?.arraySync(), was?.endpoints["AuxLogits"]?.arraySync());
  });
  dispose();
  model.dispose();
});

test("heat maps are those of the last convolution, not of the auxiliary classifier; its cells look where the table says", () => {
  const model = new Model({ architecture: "inception_v3", createAuxLogits: true });
  assert.deepEqual(model.fieldOfView("Conv2d_1a_3x3"), { cells: [149, 149], stride: 2, start: [1, 1], size: 3 });
  assert.deepEqual(model.fieldOfView("Mixed_5b").cells, [35, 35]);
  assert.equal(model.fieldOfView("Mixed_7c").stride, 32);
  model.dispose();
  const thin = thinInception({ architecture: "inception_v3", createAuxLogits: true, pixels: "any" });
  tf.tidy(() => {
    const images = pixels();
    const [last, asked] = [gradCam(thin, images), gradCam(thin, images, { endpoint: "Mixed_7c" })];
    assert.deepEqual(last.heatmaps.arraySync(), asked.heatmaps.arraySync());
    assert.throws(() => gradCam(thin, images, { endpoint: "AuxLogits" }), /expected a convolutional one/);
  });
  thin.dispose();
}); // prettier-ignore
