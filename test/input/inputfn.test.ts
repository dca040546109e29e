import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { createInputFn } from "../../src/input";
import { encodeExample, encodePng, feature, frameRecord, memory, random, tf } from "../../src/tensorflow";

const scratch = mkdtempSync(path.join(tmpdir(), "slimlab-inputfn-"));
after(() => rmSync(scratch, { recursive: true }));

// Ten images of different sizes, all of whose pixels are their label.
const records = Array.from({ length: 10 }, (_, label) => {
  const image = tf.fill<tf.Rank.R3>([20 + label, 30, 3], label);
  const encoded = feature.bytes(encodePng(image));
  image.dispose();
  const features = { "image/encoded": encoded, "image/format": feature.bytes("png"), "image/class/label": feature.int64(label) }; // prettier-ignore
  return frameRecord(encodeExample(features));
});
writeFileSync(path.join(scratch, "train-0"), Buffer.concat(records));
const pattern = path.join(scratch, "train-*");

test("createInputFn() gives batches of images and labels that belong together, and leaks nothing", async () => {
  const inputFn = createInputFn(pattern, { batchSize: 4, numEpochs: 1 });
  const before = memory();
  const dataset = inputFn();
  const found: number[][] = [];
  for await (const [{ image }, label] of dataset) {
    assert.deepEqual([image.shape, image.dtype, label.dtype], [[4, 256, 256, 3], "float32", "int32"]);
    const means = tf.tidy(() => image.mean([1, 2, 3]).arraySync());
    const labels = label.arraySync();
    labels.forEach((one, i) => assert.ok(Math.abs(one - Number([means].flat()[i])) < 1e-4));
    found.push(labels);
  }
  assert.deepEqual(found, [[0, 1, 2, 3], [4, 5, 6, 7]]); // prettier-ignore
  dataset.dispose();
  assert.deepEqual(memory(), before);
});

test("createInputFn() reads for ever by default, and keeps the rest of a batch if asked to", async () => {
  const labels: number[][] = [];
  for await (const [, label] of createInputFn(pattern, { batchSize: 8 })().take(3))
    labels.push(label.arraySync());
  assert.deepEqual(labels[1], [8, 9, 0, 1, 2, 3, 4, 5]);
  let last = 0;
  for await (const [, label] of createInputFn(pattern, {
    batchSize: 8,
    numEpochs: 1,
    dropRemainder: false,
  })())
    last = label.size;
  assert.equal(last, 2);
});

test("createInputFn() gives each image a seed of its own, the same for the same seed", async () => {
  const transform = (_: tf.Tensor3D, seed: tf.Tensor1D): tf.Tensor3D =>
    random.uniform([1, 1, 1], seed).as3D(1, 1, 1);
  const draws = async (seed: number): Promise<number[]> => {
    const [{ image }] = await createInputFn(pattern, { batchSize: 10, transform, seed })().first();
    return [...image.dataSync()];
  };
  const first = await draws(1);
  assert.equal(new Set(first).size, 10);
  assert.deepEqual(await draws(1), first);
  assert.notDeepEqual(await draws(2), first);
});

test("createInputFn() refuses what can't be", async () => {
  assert.throws(() => createInputFn(pattern, { numParallelBatches: 0 }), /numParallelBatches/);
  assert.throws(() => createInputFn(path.join(scratch, "none-*"))(), /Cannot read dataset: expected files that match ".*none-\*", got none/); // prettier-ignore
  const ragged = createInputFn(pattern, { batchSize: 4, transform: (image) => image })();
  await assert.rejects(ragged.iterator().next(), /Cannot add tensor to the batch.*give all elements one size before batch\(\)/s); // prettier-ignore
});
