import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { readScalars } from "../../src/summary";
import { latestCheckpoint } from "../../src/training";
import { digestsIn } from "../training/digests";
import { writePhotoRecords } from "../training/photos";
import { runStopped, type Ending, type Stop } from "../training/stopped";
import type { Job } from "./job";
import { temporaryFolder } from "./thin";

const folder = temporaryFolder();
const base = {
  records: writePhotoRecords(folder),
  maxSteps: 24,
  saveCheckpointsSteps: 3,
  keepCheckpointMax: 5,
};
const jobIn = (name: string, job: Partial<Job> = {}): Job => ({
  ...base,
  modelDir: join(folder, name),
  ...job,
});

/** Runs a job in a process of its own, and sends it a signal a moment after a step. */
async function run(job: Job, stop?: Stop): Promise<Ending> {
  const ending = await runStopped(join(__dirname, "job.js"), job, stop);
  const { code, signal, errors } = ending;
  if (code === 0 || (signal !== null && signal === stop?.signal)) return ending;
  throw new Error(`Cannot train: ${code} ${signal} ${errors}`);
}

async function lossesIn({ modelDir }: Job): Promise<{ steps: readonly number[]; values: readonly number[] }> {
  const [loss] = await readScalars(modelDir, { tags: ["loss"] });
  assert.ok(loss);
  return { steps: loss.steps, values: loss.values };
}

const stepOf = ({ modelDir }: Job): number => Number(/ckpt-(\d+)$/.exec(latestCheckpoint(modelDir) ?? "")?.[1]); // prettier-ignore

test("kill -9 and SIGTERM at random steps: the same losses, each once, and in the end bit-equal weights", async () => {
  const [whole, job] = [jobIn("whole"), jobIn("stopped")];
  await run(whole);
  let least = 0;
  for (const [signal, from] of [
    ["SIGKILL", 2],
    ["SIGTERM", 8],
    ["SIGKILL", 14],
    ["SIGTERM", 18],
  ] as const) {
    // prettier-ignore
    const ending = await run(job, { signal, at: from + Math.floor(3 * Math.random()) });
    assert.equal(ending.signal, signal);
    const saved = stepOf(job);
    // SIGTERM: the step that was under way is done and saved. Kill: what was saved last or last but one.
    if (signal === "SIGTERM") assert.ok(saved >= ending.last && saved <= ending.last + 2, `${saved} saved, ${ending.last} told`); // prettier-ignore
    else assert.ok(saved >= ending.last - 2 * base.saveCheckpointsSteps && saved >= least, `${saved} saved, ${ending.last} told`); // prettier-ignore
    least = saved;
  }
  assert.equal((await run(job)).signal, null);
  assert.equal(stepOf(job), base.maxSteps);
  assert.deepEqual(digestsIn(job.modelDir), digestsIn(whole.modelDir));
  assert.deepEqual(await lossesIn(job), await lossesIn(whole));
  assert.equal((await lossesIn(job)).steps.length, base.maxSteps);
});
