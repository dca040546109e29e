import assert from "node:assert/strict";
import { test } from "node:test";
import { pretrainOnRenderedPhotos } from "../../src/finetune";
import { Model } from "../../src/model";
import { memory } from "../../src/tensorflow";
import { initVariablesFromCheckpoint, listCheckpoint } from "../../src/training";
import { temporaryFolder } from "../temporary";

const network = { architecture: "resnet_v1_14", width: 1 / 16, defaultImageSize: 32, fixedResizeSide: 36 } as const; // prettier-ignore
const options = { ...network, perClass: 2, batchSize: 8, steps: 3 };

test("pretrainOnRenderedPhotos() gives a checkpoint of eight other classes, and finds it again", async () => {
  const folder = temporaryFolder("pretrained");
  const told: number[] = [];
  const onProgress = ({ done, total }: { done: number; total: number }): void => void told.push(done / total);
  const stop = new AbortController();
  const stopping = (): void => stop.abort(new Error("Enough"));
  await assert.rejects(pretrainOnRenderedPhotos(folder, { ...options, onProgress: stopping, signal: stop.signal }), { message: "Enough" }); // prettier-ignore
  const { tensors } = memory();
  const checkpoint = await pretrainOnRenderedPhotos(folder, { ...options, onProgress });
  assert.equal(memory().tensors, tensors);
  assert.equal(told.length, 16 + 3);
  assert.deepEqual(told, told.toSorted((a, b) => a - b)); // prettier-ignore
  assert.equal(told.at(-1), 1);
  const { variables } = listCheckpoint(checkpoint);
  assert.deepEqual(variables.find(({ name }) => name === "Predict/logits/biases")?.shape, [8]);
  const model = new Model({ ...network, numClasses: 2 });
  const { loaded } = initVariablesFromCheckpoint(model, checkpoint, { excludeScopes: "Predict/logits" });
  assert.equal(loaded.length, model.variables.all().length - 2);
  model.dispose();
  told.length = 0;
  assert.equal(await pretrainOnRenderedPhotos(folder, { ...options, onProgress }), checkpoint);
  assert.deepEqual(told, [1]);
  const spelled = { ...options, source: "slim", preprocessing: "vgg" } as const; // by what is made, not by what is said of it
  assert.equal(await pretrainOnRenderedPhotos(folder, spelled), checkpoint);
  assert.notEqual(await pretrainOnRenderedPhotos(folder, { ...options, steps: 2 }), checkpoint);
});
