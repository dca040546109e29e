import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { ALONE, type Cluster } from "../../src/distribute";
import { encodeExample, encodePng, feature, frameRecord, openCheckpoint, random, tf } from "../../src/tensorflow"; // prettier-ignore
import { createTrainStep } from "../../src/training";
import { thinModel } from "../training/thin";
import { freeAddresses, start, workerConfig, type Started } from "./processes";
import { createParts, trainOnBatches, type Job } from "./trainer";

const root = mkdtempSync(join(tmpdir(), "slimlab-distribute-"));
after(() => rmSync(root, { recursive: true }));

async function startBoth(t: TestContext, job: Job): Promise<[Started, Started]> {
  const addresses = await freeAddresses(2);
  const begin = (rank: number): Started => {
    const one = start("trainer", [JSON.stringify(job)], workerConfig(addresses, rank));
    t.after(() => one.kill());
    return one;
  };
  return [begin(0), begin(1)];
}

/** What both printed last, when both have ended well. */
async function runBoth(t: TestContext, job: Job): Promise<[Printed, Printed]> {
  const [first, second] = await Promise.all((await startBoth(t, job)).map(({ end }) => end));
  assert.ok(first && second);
  assert.deepEqual([first.code, second.code], [0, 0], JSON.stringify([first, second]));
  return [lastOf(first.lines), lastOf(second.lines)];
}

type Printed = Readonly<Record<string, unknown>>;

function lastOf(lines: readonly unknown[]): Printed {
  const last = lines.at(-1);
  assert.ok(typeof last === "object" && last !== null);
  return { ...last };
}

function folderOf(name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
}

/** The greatest difference of the variables in a checkpoint to a model's. */
function differenceTo(checkpoint: string, model: ReturnType<typeof thinModel>): number {
  const reader = openCheckpoint(checkpoint);
  const differences = model.variables.all().map(
    ({ name, variable }) =>
    tf.tidy(() => Number(reader.read(name).sub(variable).abs().max().dataSync()[0])), // prettier-ignore
  );
  reader.close();
  return Math.max(...differences);
}

const jobs: Readonly<Record<string, Partial<Job>>> = {
  "with momentum": { learningRate: 1e-5 }, // without batch norms gradients are large
  "with accumulated gradients, clipped": { gradientAccumulation: 2, clipGlobalNorm: 1, steps: 4 },
  "with Adam": { adam: true },
};
for (const [name, options] of Object.entries(jobs))
  test(`two processes learn what one learns of both batches, ${name}`, async (t) => {
    const folder = folderOf(name.replace(/\W/g, ""));
    const job: Job = { kind: "batches", folder, steps: 3, isFrozen: true, ...options };
    const printed = await runBoth(t, job);
    const [first, second] = printed;
    assert.deepEqual(first, second); // results, gradients and weights to the last bit
    assert.equal(first.left, 0);
    const { model, step } = createParts(job, 0);
    assert.ok(differenceTo(join(folder, "rank0.ckpt-0"), model) > 1e-3, "it learned");
    const told = await trainOnBatches(step, job, [0, 1]);
    closeTo(first.told, told);
    assert.ok(differenceTo(join(folder, "rank0.ckpt-0"), model) < 1e-5);
    assert.ok(differenceTo(join(folder, "rank1.ckpt-0"), model) < 1e-5);
    step.dispose();
    model.dispose();
  });

/** Compares numbers within 1e-4 of their size. */
function closeTo(got: unknown, expected: unknown): void {
  if (typeof expected === "number" && typeof got === "number")
    return assert.ok(
      Math.abs(got - expected) <= 1e-4 * Math.max(1, Math.abs(expected)),
      `${got} for ${expected}`,
    );
  assert.ok(typeof got === "object" && got !== null && typeof expected === "object" && expected !== null);
  assert.deepEqual(Object.keys(got), Object.keys(expected));
  Object.values(expected).forEach((value, i) => closeTo(Object.values(got)[i], value));
}

test("moving statistics, of batches that differ, are the same in both processes", async (t) => {
  const [first, second] = await runBoth(t, { kind: "batches", folder: folderOf("norms"), steps: 2 });
  assert.deepEqual(first.digests, second.digests);
});

for (const gradientAccumulation of [1, 2])
  test(`checkNumerics stops all at one's batch and lets them go on, ${gradientAccumulation} calls an update`, async (t) => {
    const job: Job = { kind: "check", folder: root, steps: 2, gradientAccumulation };
    const [first, second] = await runBoth(t, job);
    assert.match(String(first.error), /Cannot go on training: expected finite numbers at step \d.*, got gradients whose squares add up beyond float32, or numbers of another process's batch$/); // prettier-ignore
    assert.match(String(second.error), /got (NaN|Infinity|-Infinity) in the images$/);
    assert.deepEqual([first.unchanged, second.unchanged], [true, true]);
    assert.deepEqual(first.told, second.told);
  });

test("a save in the midst of an accumulation is refused, or after shareGathered() holds what all have gathered", async (t) => {
  const job: Job = { kind: "waiting", folder: folderOf("waiting"), steps: 3, gradientAccumulation: 2, isFrozen: true }; // prettier-ignore
  const [first, second] = await runBoth(t, job);
  assert.match(String(first.error), /^RangeError: Cannot save ".*": expected no gradients that wait for their update in a cluster, of which each process has its own, got those of 1 of 2 calls; save when the step's accumulated is 0, or after shareGathered\(\) in each process$/); // prettier-ignore
  assert.notDeepEqual(first.own, second.own); // each has its own sums
  assert.deepEqual(first.whole, second.whole);
  assert.deepEqual([first.resumed, second.resumed], [first.whole, first.whole]);
});

/** Files of records of random pictures, of different numbers of records. */
function writeRecords(folder: string, files: readonly number[]): string {
  for (const [file, count] of files.entries()) {
    const records = Array.from({ length: count }, (_, i) => {
      const image = random.uniform<tf.Tensor3D>([40, 36, 3], random.seed(file, i), 0, 255);
      const encoded = feature.bytes(encodePng(tf.tidy(() => image.toInt())));
      image.dispose();
      const features = { "image/encoded": encoded, "image/format": feature.bytes("png"), "image/class/label": feature.int64(i % 5) }; // prettier-ignore
      return frameRecord(encodeExample(features));
    });
    writeFileSync(join(folder, `train-${file}`), Buffer.concat(records));
  }
  return join(folder, "train-*");
}

for (const [name, files] of [
  ["files", [7, 9, 8]],
  ["records", [30]],
] as const)
  test(`a job whose worker was killed goes on from the chief's checkpoint, bit for bit, sharded by ${name}`, async (t) => {
    const pattern = writeRecords(folderOf(name), files);
    const job: Job = { kind: "records", folder: folderOf(`${name}Whole`), steps: 9, pattern };
    const whole = await runBoth(t, job);
    const parted = { ...job, folder: folderOf(`${name}Parted`) };
    const [chief, worker] = await startBoth(t, parted);
    for (let lines = 0; lines < 6; lines++) await worker.next(); // five steps are done
    worker.kill();
    const { code, lines } = await chief.end;
    assert.equal(code, 1);
    assert.match(
      String(lastOf(lines).error),
      /expected worker 1 \(127\.0\.0\.1:\d+\) to be there, got no answer/,
    );
    const [first, second] = await Promise.all((await startBoth(t, parted)).map(({ end }) => end));
    assert.ok(first && second);
    assert.deepEqual([first.code, second.code], [0, 0], JSON.stringify([first, second]));
    assert.deepEqual(first.lines[0], second.lines[0]);
    const { from } = lastOf(first.lines.slice(0, 1));
    assert.ok(Number(from) >= 4);
    assert.deepEqual([lastOf(first.lines), lastOf(second.lines)], whole);
  });

test("createTrainStep() refuses to run operation by operation in a cluster", () => {
  const model = thinModel();
  const cluster: Cluster = { ...ALONE, size: 2 };
  assert.throws(
    () => createTrainStep(model, { cluster, eager: true }),
    /^TypeError: Cannot create train step: expected a compiled one in a cluster, got eager$/,
  );
  model.dispose();
});
