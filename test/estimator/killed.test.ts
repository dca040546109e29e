import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { readScalars } from "../../src/summary";
import { latestCheckpoint } from "../../src/training";
import { digestsIn } from "../training/digests";
import { writePhotoRecords } from "../training/photos";
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

interface Ending {
  readonly signal: NodeJS.Signals | null;
  /** The last step that it told. */
  readonly step: number;
}

/** Runs a job in a process of its own, and sends it a signal a moment after a step. */
function run(job: Job, stop?: { readonly signal: NodeJS.Signals; readonly step: number }): Promise<Ending> {
  const child = spawn(process.execPath, [join(__dirname, "job.js"), JSON.stringify(job)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "-1" },
  });
  let [errors, step, isSent] = ["", 0, false];
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  child.stdout.on("data", (chunk) => {
    step = Number(String(chunk).trim().split("\n").at(-1));
    if (stop === undefined || isSent || step < stop.step) return;
    isSent = true;
    setTimeout(() => child.kill(stop.signal), 25 * Math.random());
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0 || (signal !== null && signal === stop?.signal)) resolve({ signal, step });
      else reject(new Error(`Cannot train: ${code} ${signal} ${errors.slice(-2000)}`));
    });
  });
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
    const ending = await run(job, { signal, step: from + Math.floor(3 * Math.random()) });
    assert.equal(ending.signal, signal);
    const saved = stepOf(job);
    // SIGTERM: the step that was under way is done and saved. Kill: what was saved last or last but one.
    if (signal === "SIGTERM") assert.ok(saved >= ending.step && saved <= ending.step + 2, `${saved} saved, ${ending.step} told`); // prettier-ignore
    else assert.ok(saved >= ending.step - 2 * base.saveCheckpointsSteps && saved >= least, `${saved} saved, ${ending.step} told`); // prettier-ignore
    least = saved;
  }
  assert.equal((await run(job)).signal, null);
  assert.equal(stepOf(job), base.maxSteps);
  assert.deepEqual(digestsIn(job.modelDir), digestsIn(whole.modelDir));
  assert.deepEqual(await lossesIn(job), await lossesIn(whole));
  assert.equal((await lossesIn(job)).steps.length, base.maxSteps);
});
