/** Last layers of one class, and of TF-Slim's 1001. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { importWeights, Model, predict } from "../../src";
import { memory, tf } from "../../src/tensorflow";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";
import { sourceValue } from "./sourcevalues";

/** A file as that library would write it, but for its classes. */
async function fileOf(source: string, classes: number): Promise<string> {
  const file = join(temporaryFolder("heads"), "weights.safetensors");
  const tensors = Object.entries(readSource(source).entries).map(([name, sizes]) => {
    const shape = sizes.map((size) => (size === 1000 || size === 1001 ? classes : size));
    return { name, shape, values: sourceValue(name, shape) };
  });
  await writeSafetensors(file, tensors, { dtype: "bfloat16" });
  return file;
}

test("importWeights() of a last layer of one class is a sigmoid's where several classes may hold, else refused", async () => {
  const before = memory();
  const file = await fileOf("timm/mobilenetv3_small_100", 1);
  const source = "timm/mobilenetv3_small_100";
  await assert.rejects(importWeights("auto", file, { source }), {
    message: /expected "classifier\.weight" of \[2, 1024\] .*, got \[1, 1024\]; .*, or for its single class create the model with multiLabel: true, numClasses: 1$/,
  });
  const { model, excluded } = await importWeights("auto", file, { source, model: { multiLabel: true } });
  assert.deepEqual([model.options.numClasses, excluded], [1, []]);
  const image = tf.ones<tf.Rank.R4>([1, 224, 224, 3]);
  const { photos } = await predict(model, image, { classNames: ["hat"] });
  const expected = tf.tidy(() => model.predict(model.preprocess(image)).logits.sigmoid().dataSync());
  assert.deepEqual(photos.map(({ probabilities }) => probabilities), [{ hat: expected[0] }]);
  tf.dispose(image);
  model.dispose();
  assert.deepEqual(memory(), before);
}); // prettier-ignore

test("importWeights() of TF-Slim's 1001 classes keeps the background, and 1000 names or classes are told of it", async () => {
  const file = await fileOf("slim/mobilenet_v1_025", 1001);
  const { model } = await importWeights("auto", file);
  const names = Array.from({ length: 1000 }, (_, i) => `class ${i + 1}`);
  const image = tf.ones<tf.Rank.R4>([1, 224, 224, 3]);
  await assert.rejects(predict(model, image, { classNames: names }), {
    message: /expected a name for each of the model's 1001 classes, got 1000; the first of TF-Slim's 1001 is the background$/,
  });
  const { photos } = await predict(model, image, { classNames: ["background", ...names] });
  assert.equal(photos.length, 1);
  const own = new Model({ architecture: "mobilenet_v1_025", numClasses: 1000 });
  await assert.rejects(importWeights(own, file), {
    message: /of \[1, 1, 256, 1000\] .*, or create it with numClasses: 1001, the first of which is TF-Slim's background$/,
  });
  [model, own].forEach((one) => one.dispose());
  tf.dispose(image);
}); // prettier-ignore
