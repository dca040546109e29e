/** Of each family of networks one, in plain tfjs on WASM: the same logits, probabilities and heat map, of batches of 1 and 3. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { exportWeb, memory, Model, tf, type ModelOptions } from "../../src";
import { gradCam } from "../../src/explain";
import { temporaryFolder } from "../temporary";
import { differenceFrom, plainTfjs, sent, type Answer } from "./plaintfjs";

/** Images as small as leave the last layers more than a pixel. */
const models: readonly (ModelOptions & { readonly defaultImageSize: number })[] = [
  { architecture: "resnet_v1_14", defaultImageSize: 64 },
  { architecture: "resnet_v1_18", defaultImageSize: 65 },
  { architecture: "resnet_v1_26", source: "keras", defaultImageSize: 64 },
  { architecture: "resnet_v2_14", defaultImageSize: 64 },
  { architecture: "seresnet50", defaultImageSize: 64 },
  { architecture: "alexnet_v2", defaultImageSize: 224 },
  { architecture: "inception_v1", defaultImageSize: 64 },
  { architecture: "inception_v2", defaultImageSize: 96 },
  { architecture: "inception_v3", defaultImageSize: 128 },
  { architecture: "inception_resnet_v2", defaultImageSize: 128 },
  { architecture: "mobilenet_v1_025", defaultImageSize: 64 },
  { architecture: "mobilenet_v2_035", source: "keras", defaultImageSize: 63 },
  { architecture: "mobilenet_v3_small", source: "torchvision", defaultImageSize: 64 },
  { architecture: "efficientnet_b0", defaultImageSize: 64, multiLabel: true },
  { architecture: "convnext_tiny", defaultImageSize: 64 },
];

for (const form of models)
  test(`${form.architecture} gives the same in TensorFlow.js`, async () => {
    const dir = join(temporaryFolder("web"), "model");
    const before = memory().tensors;
    const side = form.defaultImageSize;
    const model = new Model({ numClasses: 4, fixedResizeSide: side, seed: 5, ...form });
    await exportWeb(model, dir);
    const batches = [1, 3].map((batch) => tf.randomUniform<tf.Rank.R4>([batch, side, side, 3], 0, 255, "float32", batch)); // prettier-ignore
    const classes = [[2], [3, 0, 1]].map((indices) => tf.tensor1d(indices, "int32"));
    const calls = batches.map((images, i) => {
      const inputs = { images: sent(images), classes: sent(classes[i] ?? tf.scalar(0)) };
      return { inputs, outputs: ["logits", "probabilities", "heat"] };
    });
    const answers = await plainTfjs({ dir, backend: "wasm", calls });
    batches.forEach((images, i) => tf.tidy(() => expectSame(model, { images, classes: [...(classes[i]?.dataSync() ?? [])] }, answers[i]))); // prettier-ignore
    tf.dispose([batches, classes]);
    model.dispose();
    assert.equal(memory().tensors, before);
  });

function expectSame(
  model: Model,
  { images, classes }: { readonly images: tf.Tensor4D; readonly classes: readonly number[] },
  answer: Answer | undefined,
): void {
  const preprocessed = model.preprocess(images);
  const { logits } = model.predict(preprocessed, { isTraining: false });
  const { probabilities, heatmaps } = gradCam(model, preprocessed, { classIndex: classes });
  const most = Math.max(1, logits.abs().max().dataSync()[0] ?? NaN);
  assert.ok(differenceFrom(logits, answer?.["logits"]) < 1e-4 * most);
  assert.ok(differenceFrom(probabilities, answer?.["probabilities"]) < 1e-4);
  assert.ok(differenceFrom(heatmaps, answer?.["heat"]) < 1e-3);
}
