import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { createInputFn, getDecoder } from "../../src/input";
import { encodeExample, encodePng, feature, frameRecord, memory, random, tf } from "../../src/tensorflow";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

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
  const inputFn = createInputFn(pattern, { batchSize: 4, numEpochs: 1, dropRemainder: true });
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
  assert.throws(
    () => createInputFn(pattern, { batchSize: 0 }),
    /expected batchSize to be a whole number >= 1, got 0/,
  );
  assert.throws(() => createInputFn(pattern, { decode: "scaled", decoder: getDecoder() }), /^TypeError: Cannot create input function: expected decode or decoder, got both$/); // prettier-ignore
  assert.throws(() => createInputFn(path.join(scratch, "none-*"))(), /Cannot read dataset: expected files that match ".*none-\*", got none/); // prettier-ignore
  const ragged = createInputFn(pattern, { batchSize: 4, transform: (image) => image })();
  await assert.rejects(ragged.iterator().next(), /Cannot add tensor to the batch.*give all elements one size before batch\(\)/s); // prettier-ignore
});

/** The labels that each part of an input reads in one epoch, and the seeds of its images. */
async function partsOf(paths: string, size: number): Promise<{ labels: number[][]; seeds: number[] }> {
  const transform = (_: tf.Tensor3D, seed: tf.Tensor1D): tf.Tensor3D => seed.slice([1], [1]).as3D(1, 1, 1);
  const labels: number[][] = [];
  const seeds: number[] = [];
  for (let rank = 0; rank < size; rank++) {
    const own: number[] = [];
    const shard = { size, rank };
    const dataset = createInputFn(paths, { batchSize: 1, numEpochs: 1, shuffle: true, seed: 5, transform, shard })(); // prettier-ignore
    for await (const [{ image }, label] of dataset) {
      own.push(...label.dataSync());
      seeds.push(...image.dataSync());
    }
    labels.push(own.sort((a, b) => a - b));
  }
  return { labels, seeds };
}

test("createInputFn() gives each shard other records, or other files where there are enough, and other seeds", async () => {
  const one = await partsOf(pattern, 3);
  assert.deepEqual(one.labels, [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]); // prettier-ignore
  assert.equal(new Set(one.seeds).size, 10);
  for (const [i, count] of [3, 5, 2].entries())
    writeFileSync(path.join(scratch, `parts-${i}`), Buffer.concat(records.slice(0, count)));
  const many = await partsOf(path.join(scratch, "parts-*"), 2);
  assert.deepEqual(many.labels, [[0, 0, 1, 1, 2], [0, 1, 2, 3, 4]]); // prettier-ignore
  assert.equal(new Set(many.seeds).size, 10);
});

test("a position in one shard is one in any", async () => {
  const shards = [0, 1, 1].map(
    (rank) =>
    createInputFn(pattern, { batchSize: 1, shuffle: true, shuffleBufferSize: 4, seed: 5, shard: { size: 2, rank } })(), // prettier-ignore
  );
  const [first, second] = shards.slice(0, 2).map((dataset) => dataset.iterator());
  assert.ok(first && second);
  for (let i = 0; i < 3; i++) await first.next();
  second.seek(first.position());
  const { value } = await second.next();
  const expected: number[] = [];
  for await (const [, label] of shards[2]?.take(4) ?? []) expected.push(...label.dataSync());
  assert.deepEqual([...(value?.[1].dataSync() ?? [])], expected.slice(3));
  [first, second, ...shards].forEach((one) => one.dispose());
});

test("createInputFn() refuses to share among more than there are records", () => {
  const shard = { size: 1000, rank: 999 };
  assert.throws(
    () => createInputFn(pattern, { numEpochs: 1, shard })(),
    /^RangeError: Cannot read dataset: expected a record for each of 1000 shards, got none for that of rank 999$/,
  );
});

test("createInputFn() refuses a shard that is none", () => {
  for (const shard of [{ size: 2, rank: 2 }, { size: 0, rank: 0 }, { size: 2, rank: 0.5 }]) // prettier-ignore
    assert.throws(() => createInputFn(pattern, { shard })(), /Cannot read dataset: expected a shard of rank 0 … size − 1, got rank/); // prettier-ignore
});

test("createInputFn() refuses to read empty files for ever, which would never give a batch", async () => {
  const empty = path.join(scratch, "empty");
  writeFileSync(empty, "");
  assert.throws(
    () => createInputFn(empty)(),
    /Cannot read dataset: expected records in ".*empty", got empty files/,
  );
  const shard = { size: 2, rank: 0 };
  assert.throws(() => createInputFn([empty, pattern], { shard })(), /got empty files/);
  const [, label] = await createInputFn([empty, pattern], { batchSize: 2 })().first();
  assert.deepEqual(Array.from(label.dataSync()), [0, 1]);
});
