/** File names that travel with photos. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { embed } from "../../src/embed";
import { checkRecords, createInputFn, getDecoder, preprocessForEval, renderPhotos, writeRecords } from "../../src/input"; // prettier-ignore
import { interpret } from "../../src/interpret";
import { tf } from "../../src/tensorflow";
import { createTrainStep, evaluate, features, train, type Batch } from "../../src/training";
import { temporaryFolder } from "../temporary";
import { records, trunkModel } from "../training/trunk";

const folder = temporaryFolder("filenames");

function middle(image: tf.Tensor3D): tf.Tensor3D {
  return preprocessForEval(image, { size: 40, resizeSide: 46 });
}

test("file names travel from the records to top losses, embeddings and their neighbors, and disturb neither training nor features", async () => {
  await renderPhotos(join(folder, "photos"), { classes: ["bottle", "mug"], perClass: 12, size: 48 });
  await writeRecords(join(folder, "photos"), join(folder, "records"), { name: "named", split: { all: 1 } });
  const pattern = join(folder, "records", "named_all_*");
  const model = trunkModel();
  const [input, trained] = [true, false].map(
    (isOrdered) =>
    createInputFn(pattern, { batchSize: 8, numEpochs: 1, filenames: true, shuffle: !isOrdered, seed: 1, transform: middle })(), // prettier-ignore
  );
  assert.ok(input !== undefined && trained !== undefined);
  const expected: string[] = [];
  for await (const [{ filename }] of input) expected.push(...filename.dataSync<"string">());
  assert.equal(new Set(expected).size, 24);
  assert.match(expected[0] ?? "", /^(bottle|mug)\/.+\.\w+$/);
  const found = await interpret(model, input);
  assert.deepEqual(found.filenames, expected);
  const top = await found.topLosses(3);
  for (const { photo, filename } of top.photos) assert.equal(filename, expected[photo]);
  assert.match(bundleOf(top)["text/plain"], /^photo +file +actual +predicted +probability +cross-entropy$/m);
  const embeddings = await embed(model, input);
  assert.deepEqual(embeddings.filenames, expected);
  const near = await embeddings.nearest(2);
  for (const { photo, filename } of near.neighbors) assert.equal(filename, expected[photo]);
  assert.ok(String(bundleOf(near)["text/html"]).includes(`photo 2 (${expected[2] ?? ""})`));
  const trunk = await features(model, input, { scopesToFreeze: "resnet_v1_14", isTraining: false });
  const photos = { photos: input };
  assert.deepEqual((await embed(model, trunk, photos)).filenames, expected);
  await evaluate(model, trained);
  const step = createTrainStep(model, { learningRate: 0.01 });
  await train(step, trained, { steps: 2 });
  for (const one of [step, input, trained, trunk, model]) one.dispose();
});

test("interpret() refuses names that are not one a photo", async () => {
  const model = trunkModel();
  const input = createInputFn(records, { batchSize: 8, numEpochs: 1, transform: middle })();
  const named: AsyncIterable<Batch> = {
    async *[Symbol.asyncIterator]() {
      for await (const [{ image }, label] of input) {
        const filename = tf.tensor1d(["one.jpg"], "string");
        yield [{ image, filename }, label];
        filename.dispose();
      }
    },
  };
  await assert.rejects(interpret(model, named), /^TypeError: Cannot interpret: expected a filename of each image, string \[8\], got string \[1\]$/); // prettier-ignore
  for (const one of [input, model]) one.dispose();
});

test("records without a name have an empty one, and are good; a decoder must have the item", async () => {
  const input = createInputFn(records, { batchSize: 4, numEpochs: 1, transform: middle, filenames: true })();
  for await (const [{ filename }] of input.take(1))
    assert.deepEqual([...filename.dataSync<"string">()], ["", "", "", ""]);
  const model = trunkModel();
  assert.equal((await interpret(model, input)).filenames, undefined);
  const { bad } = await checkRecords(records, { decoder: getDecoder({ filename: true }) });
  assert.equal(bad.length, 0);
  const alone = createInputFn(records, { batchSize: 4, transform: middle, filenames: true, labels: false })();
  const { filename, image } = await alone.first();
  assert.deepEqual([filename.shape, image.shape], [[4], [4, 40, 40, 3]]);
  assert.throws(() => createInputFn(records, { filenames: true, decoder: getDecoder() }), /^TypeError: Cannot create input function: expected a decoder of the item "filename" with filenames, got "image", "label"; getDecoder\(\{ filename: true \}\) has it$/); // prettier-ignore
  tf.dispose([filename, image]);
  for (const one of [input, alone, model]) one.dispose();
});
