/** What EfficientNets, ConvNeXts, gated and smoothed ResNets are beside their numbers: compiled, exported, kept. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { exportSavedModel, loadClassifier, loadSavedModel, Model, saveClassifier } from "../../../src";
import { memory, random, tf, trace } from "../../../src/tensorflow";
import { temporaryFolder } from "../../temporary";
import { relativeDistance } from "../patterned";

const NAMES = ["efficientnet_b0", "convnext_tiny", "seresnet50", "resnetblur18"] as const;

function smallModel(architecture: (typeof NAMES)[number], isTraining = false): Model {
  const sizes = { defaultImageSize: 64, fixedResizeSide: 64, width: 1 / 4, numClasses: 3 };
  const model = new Model({ architecture, isTraining, ...sizes });
  for (const { name, variable } of model.variables.all())
    if (name.endsWith("/layer_scale/gamma")) tf.tidy(() => void variable.assign(tf.onesLike(variable)));
  return model;
}

function someImages(count: number): tf.Tensor4D {
  return tf.tidy(() => random.uniform([count, 64, 64, 3], random.seed(3), -2, 2).as4D(count, 64, 64, 3));
}

for (const architecture of NAMES) {
  test(`${architecture} drops the same by the same seed, other by another, and compiled is what it is eager`, () => {
    const before = memory();
    const model = smallModel(architecture, true);
    const images = someImages(8);
    // Rounding grows from layer to layer, the more where a batch's moments normalize.
    for (const [isTraining, tolerance] of [[false, 1e-5], [true, 1e-4]] as const) {
      const run = (seed: tf.Tensor): tf.Tensor => tf.tidy(() => model.predict(images, { seed, isTraining }).logits);
      const compiled = trace(run);
      const [first, again, other, traced] = tf.tidy(() =>
        [run, run, run, compiled.sync].map((how, i) => how(random.seed(i === 2 ? 2 : 1)).dataSync().slice()));
      assert.deepEqual(again, first);
      if (isTraining && model.options.dropoutKeepProb < 1) assert.notDeepEqual(other, first);
      const distance = relativeDistance(traced ?? [], first ?? []);
      assert.ok(distance < tolerance, String(distance));
      compiled.dispose();
    }
    images.dispose();
    model.dispose();
    assert.deepEqual(memory(), before);
  }); // prettier-ignore

  test(`${architecture} is the same when it is kept and loaded, and exported`, async () => {
    const folder = temporaryFolder("modern");
    const model = smallModel(architecture);
    const images = someImages(2);
    const logits = (of: Model): Float32Array =>
      Float32Array.from(tf.tidy(() => of.predict(images).logits.dataSync()));
    const expected = logits(model);
    await saveClassifier(model, join(folder, "kept"), { classNames: ["a", "b", "c"] });
    const loaded = loadClassifier(join(folder, "kept"));
    assert.deepEqual(logits(loaded.model), expected);
    loaded.dispose();
    const fn = ({ x = images }: Readonly<Record<string, tf.Tensor>>) => ({
      logits: model.predict(x.as4D(-1, 64, 64, 3)).logits,
    });
    const served = loadSavedModel(
      exportSavedModel({ serving_default: { fn, example: { x: images } } }, join(folder, "served")),
    );
    const outputs = served.predict({ x: images });
    const distance = relativeDistance(outputs["logits"]?.dataSync() ?? [], expected);
    assert.ok(distance < 1e-5, String(distance));
    served.dispose();
    tf.dispose([outputs, images]);
    model.dispose();
  });
}
