import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf, type MimeBundle } from "../../src/display/bundle";
import { showCamEvery } from "../../src/finetune";
import { gradCam } from "../../src/explain";
import { showCam } from "../../src/inspect";
import { Model } from "../../src/model";
import { memory, tf } from "../../src/tensorflow";
import { createTrainStep, train } from "../../src/training";
import { batchesOf, patternBatch } from "../training/thin";

test("showCamEvery() shows where the model looks, before, while and after it learns", async () => {
  const sizes = { fixedResizeSide: 64, defaultImageSize: 64 };
  const model = new Model({ architecture: "resnet_v1_14", width: 1 / 16, numClasses: 5, ...sizes });
  const step = createTrainStep(model, { learningRate: 0.1 });
  const [{ image }, label] = patternBatch("watched", 2, 64);
  const labels = [...label.dataSync()];
  const tensors = memory().tensors;
  const endpoint = "resnet_v1_14/block3";
  const cams = showCamEvery(image, { everySteps: 2, labels, endpoint });
  assert.equal(bundleOf(cams)["text/plain"], "No heat maps yet: the training has not begun");
  const updates: MimeBundle[] = [];
  const update = (bundle: MimeBundle): void => void updates.push(bundle);
  bundleOf(cams, { publish: () => undefined, publishOnce: () => undefined, update });
  await train(step, batchesOf("a", "b", "c", "d", "e"), { steps: 5, callbacks: [cams] });
  assert.equal(updates.length, 4, "at first, after the steps 2 and 4, at last");
  const preprocessed = model.preprocess(image);
  const cam = gradCam(model, preprocessed, { endpoint });
  const expected = showCam(preprocessed, cam, { labels, means: [123.68, 116.78, 103.94] });
  tf.dispose([preprocessed, { ...cam }]);
  assert.deepEqual(cams.gallery?.captions, expected.captions);
  assert.equal(updates.at(-1)?.["text/plain"], bundleOf(expected)["text/plain"]);
  cams.dispose();
  assert.ok(memory().tensors - tensors <= 2, "but for the batch that is left open");
  assert.throws(() => showCamEvery(image, { everySteps: 0 }), { message: "Cannot show heat maps: expected everySteps a whole number from 1 on, got 0" }); // prettier-ignore
  step.dispose();
  model.dispose();
});
