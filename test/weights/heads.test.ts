/** Last layers of one class, of TF-Slim's 1001, and several of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { importWeights, Model, predict } from "../../src";
import { memory, tf } from "../../src/tensorflow";
import { writeSafetensors } from "../../src/weights/formats/safetensorswriter";
import { temporaryFolder } from "../temporary";
import { readSource } from "./sources";
import { sourceValue } from "./sourcevalues";

type Entries = readonly (readonly [name: string, shape: readonly number[]])[];

async function written(entries: Entries): Promise<string> {
  const file = join(temporaryFolder("heads"), "weights.safetensors");
  const tensors = entries.map(([name, shape]) => ({ name, shape, values: sourceValue(name, shape) }));
  await writeSafetensors(file, tensors, { dtype: "bfloat16" });
  return file;
}

/** A file as that library would write it, but for its classes. */
function fileOf(source: string, classes: number): Promise<string> {
  const sized = (size: number): number => (size === 1000 || size === 1001 ? classes : size);
  return written(Object.entries(readSource(source).entries).map(([name, sizes]) => [name, sizes.map(sized)]));
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

const NET = "timm/mobilenetv3_small_100";

/** nn.Sequential(Linear, BatchNorm1d, ReLU, Dropout, Linear) in place of its classifier. */
const SEVERAL: Entries = [
  ...([["0.weight", [16, 1024]], ["0.bias", [16]], ["1.weight", [16]], ["1.bias", [16]]] as const),
  ...([["1.running_mean", [16]], ["1.running_var", [16]], ["1.num_batches_tracked", []]] as const),
  ...([["4.weight", [3, 16]], ["4.bias", [3]]] as const),
].map(([name, shape]) => [`classifier.${name}`, shape]); // prettier-ignore

const isSame = (a: tf.Tensor, b: tf.Tensor): boolean => tf.tidy(() => a.equal(b).all().dataSync()[0] === 1);

test("importWeights() of a head of several layers says how to leave it out, and does so", async () => {
  const before = memory();
  const trunk = Object.entries(readSource(NET).entries).filter(([name]) => !name.startsWith("classifier."));
  const file = await written([...trunk, ...SEVERAL]);
  const message = /of the nearest, timm\/mobilenetv3_small_100, expected no others, got "classifier\.0\.bias", "classifier\.0\.weight", "classifier\.1\.bias"; if these are the layers of a head, give \{ source: "timm\/mobilenetv3_small_100"( \| "timm\/tf_mobilenetv3_small_100")?, excludeScopes: "Predict\/logits" \} to leave them out, and train a new one$/;
  await assert.rejects(importWeights("auto", file), { name: "RangeError", message });
  await assert.rejects(importWeights("auto", file, { source: NET, model: { numClasses: 3 } }), { message });
  const given = { source: NET, excludeScopes: "Predict/logits" };
  const { model, missing, excluded, unused } = await importWeights("auto", file, { ...given, model: { numClasses: 3 } });
  assert.deepEqual([missing, excluded], [[], ["Predict/logits/weights", "Predict/logits/biases"]]);
  assert.deepEqual(unused.filter((name) => name.startsWith("classifier.")), SEVERAL.map(([name]) => name).sort());
  const plain = await importWeights("auto", await fileOf(NET, 3), { source: NET });
  const logits = model.variables.expect("Predict/logits/weights").dataSync().slice();
  for (const { name, variable } of plain.model.variables.all())
    if (!name.startsWith("Predict/")) assert.ok(isSame(model.variables.expect(name), variable), name);
  const own = await importWeights(model, file, { source: NET, excludeScopes: "Predict" });
  assert.deepEqual(own.unused, unused);
  assert.deepEqual(model.variables.expect("Predict/logits/weights").dataSync(), logits);
  [model, plain.model].forEach((one) => one.dispose());
  assert.deepEqual(memory(), before);
}); // prettier-ignore
