import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Dataset } from "../../src/input";
import { memory, tf } from "../../src/tensorflow";
import { createTrainStep, Saver } from "../../src/training";
import { writePhotoRecords } from "./photos";
import type { Job } from "./resuming";
import { runStopped, type Ending, type Stop } from "./stopped";
import { patternBatch, thinModel, valuesOf } from "./thin";

/** Set SLIMLAB_RESUMES for more; each takes some seconds. */
const kills = Number(process.env.SLIMLAB_RESUMES ?? 3);

const root = mkdtempSync(join(tmpdir(), "resume-"));
after(() => rmSync(root, { recursive: true }));

const records = writePhotoRecords(root);

const base = { records, calls: 30, saveEvery: 2, gradientAccumulation: 1, optimizer: "momentum" } as const;

function jobIn(name: string, job: Partial<Job> = {}): Job {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  return { ...base, seed: 3, ...job, folder };
}

/** Runs a job in a process of its own, and sends it a signal a moment after the call of a number. */
async function run(job: Job, stop?: Stop): Promise<Ending> {
  const ending = await runStopped(join(__dirname, "resuming.js"), job, stop);
  const { code, signal, errors } = ending;
  if (code === 0 || code === 143 || signal === "SIGKILL") return ending;
  throw new Error(`Cannot train: ${errors}`);
}

interface Told {
  /** What each call saw and gave, by its number; the last that did it counts. */
  readonly calls: ReadonlyMap<string, string>;
  /** At which call each process began. */
  readonly begun: readonly number[];
  readonly result: unknown;
}

/** What a job's processes wrote; every call that was done again must have been done the same. */
function toldIn({ folder }: Job): Told {
  const calls = new Map<string, string>();
  const begun: number[] = [];
  let saved = 0;
  for (const line of readFileSync(join(folder, "log.txt"), "utf8").trim().split("\n")) {
    const [, number = "", what = "", rest = ""] = /^(\d+) (\w+)(.*)$/.exec(line) ?? [];
    const key = `${number} ${what}`;
    if (line.startsWith("saved ")) saved = Number(line.split(" ")[1]);
    if (line.startsWith("from ")) {
      begun.push(Number(line.split(" ")[1]));
      assert.ok((begun.at(-1) ?? -1) >= saved, `${line}, but ${saved} was saved`);
    }
    if (number !== "") {
      assert.equal(rest, calls.get(key) ?? rest, `${key} was another the first time`);
      calls.set(key, rest);
    }
  }
  return { calls, begun, result: JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) };
}

/** Numbers of calls between which to stop: somewhere in each of so many parts of a training. */
function stops(count: number): number[] {
  const part = (base.calls - 8) / count;
  return Array.from({ length: count }, (_, i) => 1 + Math.floor((i + Math.random()) * part));
}

const references = new Map<string, Promise<Told>>();

/** What the same job tells when nothing stops it. */
function reference(job: Partial<Job>): Promise<Told> {
  const key = JSON.stringify(job);
  const made =
    references.get(key) ??
    run(jobIn(`whole ${references.size}`, job)).then(() =>
      toldIn(jobIn(`whole ${references.size - 1}`, job)),
    );
  references.set(key, made);
  return made;
}

test("kill -9 at random moments: the rest of the records, the same augmentation, and in the end bit-equal weights", async () => {
  const job = jobIn("killed");
  for (const call of stops(kills))
    assert.equal((await run(job, { signal: "SIGKILL", at: call })).signal, "SIGKILL");
  assert.equal((await run(job)).code, 0);
  const [told, whole] = [toldIn(job), await reference({})];
  assert.equal(told.begun.length, kills + 1);
  assert.ok((told.begun.at(-1) ?? 0) >= 10, `the last process began at ${told.begun.join()}`); // in the second epoch
  assert.deepEqual([...told.calls].sort(), [...whole.calls].sort());
  assert.equal(whole.calls.size, 2 * base.calls);
  assert.deepEqual(told.result, whole.result);
});

test("SIGTERM at random moments, also amid the gathering of gradients, with Adam: the same", async () => {
  const how = { optimizer: "adam", gradientAccumulation: 3 } as const;
  const job = jobIn("terminated", how);
  for (const call of stops(2)) assert.equal((await run(job, { signal: "SIGTERM", at: call })).code, 143);
  assert.equal((await run(job)).code, 0);
  const [told, whole] = [toldIn(job), await reference(how)];
  assert.deepEqual(told.calls, whole.calls);
  assert.deepEqual(told.result, whole.result);
});

test("interrupted cells, and then a kill: the same", async () => {
  const job = jobIn("interrupted", { interrupts: 4 });
  const [call = 0] = stops(1);
  await run(job, { signal: "SIGKILL", at: call });
  await run(job);
  const [told, whole] = [toldIn(job), await reference({})];
  assert.deepEqual([...told.calls].sort(), [...whole.calls].sort());
  assert.deepEqual(told.result, whole.result);
});

test("without a seed the checkpoint has the one that was drawn", async () => {
  const { seed: _, ...job } = jobIn("drawn");
  assert.equal((await run(job, { signal: "SIGTERM", at: 5 })).code, 143);
  const again = { ...job, folder: join(root, "drawn again") };
  cpSync(job.folder, again.folder, { recursive: true });
  await run(job);
  await run(again, { signal: "SIGKILL", at: 13 });
  await run(again);
  const [one, other] = [toldIn(job), toldIn(again)];
  assert.deepEqual([...other.calls].sort(), [...one.calls].sort());
  assert.deepEqual(other.result, one.result);
  assert.notDeepEqual(one.calls, (await reference({})).calls);
});

test("restore() of an iterator over another dataset says so before anything changes", async () => {
  const folder = join(root, "other");
  const model = thinModel({ isTraining: true });
  const step = createTrainStep(model, { gradientAccumulation: 3 });
  const [{ image }, labels] = patternBatch("resume");
  await step(image, labels);
  const numbers = Dataset.range(9).shuffle(4).batch(2);
  const iterator = numbers.iterator();
  await iterator.next();
  const saver = new Saver();
  const bare = await saver.save(join(folder, "bare.ckpt"), model, { step });
  const whole = await saver.save(join(folder, "whole.ckpt"), model, { step, iterator });
  await step(image, labels);
  await step(image, labels);
  const before = [memory(), ...model.variables.all().map(({ variable }) => valuesOf(variable))];
  const others = Dataset.range(9).shuffle(5).batch(2);
  const other = others.iterator();
  assert.throws(() => saver.restore(whole, model, step, other), {
    name: "RangeError",
    message: "Cannot restore iterator: expected a position in a dataset of the same steps (batch(2) < shuffle(5) < range(0, 9, 1)), got one of batch(2) < shuffle(4) < range(0, 9, 1): shuffle(4) for shuffle(5)", // prettier-ignore
  });
  const pair = createTrainStep(model, {});
  assert.throws(() => saver.restore(whole, model, pair), /expected a train step with gradientAccumulation above the 1 calls that wait in it, got 1$/); // prettier-ignore
  pair.dispose();
  other.dispose();
  assert.deepEqual([memory(), ...model.variables.all().map(({ variable }) => valuesOf(variable))], before);
  assert.equal(step.gathered?.count, 0);
  assert.equal(saver.restore(bare, model, step, iterator).iterator, false);
  assert.equal(step.gathered.count, 1);
  assert.equal(saver.restore(whole, model, step, iterator).iterator, true);
  iterator.dispose();
  tf.dispose([image, labels]);
  [numbers, others, step, model].forEach((one) => one.dispose());
});
