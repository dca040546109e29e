import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Dataset, LabeledBatch } from "../../src/input";
import type { Model } from "../../src/model";
import { tf } from "../../src/tensorflow";
import { features, type FeatureDataset, type FeaturesOptions } from "../../src/training";
import { temporaryFolder } from "../temporary";
import { digestOf } from "./digests";
import { photos, recordsFolder, trunkModel } from "./trunk";

const root = temporaryFolder("featurestore");
const endpoint = "resnet_v1_14/block3";

/** What features() has computed: how many batches, and their rows in order. */
async function compute(
  folder: string,
  more: FeaturesOptions = {},
  input: Dataset<LabeledBatch> = photos(),
  model: Model = trunkModel(),
): Promise<{ readonly batches: number; readonly rows: readonly string[] }> {
  let batches = 0;
  const options = { endpoint, views: 2, shuffle: false, numEpochs: 2, folder, ...more };
  const made = await features(model, input, { ...options, onProgress: (progress) => { batches++; more.onProgress?.(progress); } }); // prettier-ignore
  const rows = await rowsOf(made);
  [made, input, model].forEach((one) => one.dispose());
  return { batches, rows };
}

async function rowsOf(made: FeatureDataset): Promise<string[]> {
  const rows: string[] = [];
  for await (const [{ features: batch }, labels] of made)
    rows.push(`${digestOf(batch)} ${labels.dataSync().join()}`);
  return rows;
}

test("features in a folder are computed once, and anew when anything they depend on has changed", async () => {
  const folder = join(root, "kept");
  const first = await compute(folder);
  assert.equal(first.batches, 18);
  assert.deepEqual(await compute(folder), { ...first, batches: 0 });
  assert.deepEqual(await compute(folder, { numEpochs: 4, batchSize: 8 }).then(({ batches }) => batches), 0);
  const pattern = join(recordsFolder, "copy-*");
  for (const file of readdirSync(recordsFolder))
    cpSync(join(recordsFolder, file), join(recordsFolder, file.replace("train", "copy")));
  const otherWeights = trunkModel();
  const { variable } = otherWeights.variables.find("resnet_v1_14/block3/unit_1/bottleneck_v1/conv3/BatchNorm/moving_variance") ?? assert.fail(); // prettier-ignore
  tf.tidy(() => variable.assign(variable.mul(2)));
  const later = trunkModel();
  const { variable: head } = later.variables.find("Predict/logits/weights") ?? assert.fail();
  tf.tidy(() => head.assign(head.mul(2)));
  const calls: Readonly<Record<string, () => ReturnType<typeof compute>>> = {
    "the weights": () => compute(folder, {}, photos(), otherWeights),
    "the model's preprocessing": () => compute(folder, {}, photos(), trunkModel({ fixedResizeSide: 40 })),
    "the input's transformation": () => compute(folder, {}, photos({ size: 44 })),
    "the input's seed": () => compute(folder, {}, photos({ seed: 4 })),
    "the model's draws": () => compute(folder, { seed: 1 }),
    "the endpoint": () => compute(folder, { endpoint: "resnet_v1_14/block2" }),
    "the storage": () => compute(folder, { storage: "bfloat16" }),
    "the precision": () => compute(folder, { precision: "bfloat16" }),
    "the files": () => compute(folder, {}, photos({ pattern })),
  };
  for (const [what, call] of Object.entries(calls)) {
    assert.equal((await call()).batches, 18, what);
    assert.equal(readdirSync(folder).length, 2, what);
  }
  assert.equal((await compute(folder, { views: 1 })).batches, 9);
  assert.equal((await compute(folder, {}, photos({ pattern }))).batches, 18);
  const file = join(recordsFolder, "copy-2");
  const bytes = readFileSync(file);
  writeFileSync(file, readFileSync(file.replace("copy", "train")).reverse()); // of the same name and size
  writeFileSync(file, bytes);
  assert.equal((await compute(folder, {}, photos({ pattern }))).batches, 0, "the same contents again");
  writeFileSync(file, swapped(bytes));
  assert.equal(
    (await compute(folder, {}, photos({ pattern }))).batches,
    18,
    "other contents of the same size",
  );
  assert.equal((await compute(folder)).batches, 18);
  assert.equal((await compute(folder, {}, photos(), later)).batches, 0, "weights after the endpoint");
});

/** Records in another order. */
function swapped(bytes: Buffer): Buffer {
  const end = 16 + Number(bytes.readBigUInt64LE(0));
  return Buffer.concat([bytes.subarray(end), bytes.subarray(0, end)]);
}

test("an interrupted computation goes on where it was, and so does a killed one from what was saved last", async () => {
  const { rows } = await compute(join(root, "whole"));
  const folder = join(root, "stopped");
  const stopAt = (batch: number): FeaturesOptions => {
    const stop = new AbortController();
    let count = 0;
    return { signal: stop.signal, onProgress: () => { if (++count === batch) stop.abort(new Error(`stopped at ${batch}`)); } }; // prettier-ignore
  };
  await assert.rejects(compute(folder, stopAt(4)), /stopped at 4/);
  await assert.rejects(compute(folder, stopAt(7)), /stopped at 7/); // the 11th, in the second view
  // As a process leaves it that is killed: with rows that are not said to be there, and its lock.
  const killed = join(root, "killed");
  let count = 0;
  const onProgress = (): void => void (++count === 3 && cpSync(folder, killed, { recursive: true }));
  assert.deepEqual(await compute(folder, { onProgress }), { batches: 7, rows });
  assert.deepEqual(readdirSync(killed).length, 3);
  assert.deepEqual(await compute(killed), { batches: 7, rows });
  assert.deepEqual(readdirSync(killed).length, 2);
});

test("what a process computes in a folder, no other disturbs; what is damaged is computed anew", async () => {
  const folder = join(root, "busy");
  const both = await Promise.allSettled([compute(folder), compute(folder)]); // either may be the first
  const results = both.map((one) => (one.status === "fulfilled" ? one.value.batches : String(one.reason)));
  assert.ok(results.includes(18), String(results));
  assert.match(
    String(results.find((one) => one !== 18)),
    /Cannot compute features in ".*busy": expected nobody else at work there, got process \d+; if that is another program, remove ".*features.lock"$/,
  );
  const lock = join(folder, "features.lock");
  for (const [text, got] of [
    ["1", "1;"],
    ["", "that begins;"],
  ] as const) {
    // prettier-ignore
    writeFileSync(lock, text);
    await assert.rejects(compute(folder, { seed: 1 }), new RegExp(`got process ${got}`));
  }
  writeFileSync(lock, "999999999");
  const [rowsFile = ""] = readdirSync(folder).filter((file) => file.endsWith(".rows"));
  truncateSync(join(folder, rowsFile), 1000);
  assert.equal((await compute(folder)).batches, 18);
  writeFileSync(join(folder, "features.json"), "{");
  await assert.rejects(
    compute(folder),
    /Cannot read ".*features.json": expected what features\(\) writes, got something else/,
  );
});

test("features live on while others are computed in their folder", async () => {
  const folder = join(root, "mapped");
  const model = trunkModel();
  const options = { endpoint, shuffle: false, numEpochs: 1, folder };
  const made = await features(model, photos(), options);
  const before = await rowsOf(made);
  const other = await features(model, photos(), { ...options, seed: 1 });
  assert.notDeepEqual(await rowsOf(other), before);
  assert.deepEqual(await rowsOf(made), before);
  made.dispose();
  await assert.rejects(
    rowsOf(made),
    /Cannot read features ".*": expected the file of 36 rows, got .*; features\(\) computes them anew/,
  );
  other.dispose();
  assert.equal((await rowsOf(other)).length, 9); // made again
  [other, model].forEach((one) => one.dispose());
});
