import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { saveClassifier } from "../../src/classifier";
import { temporaryFolder } from "../temporary";
import { numbersIn } from "./saving";
import { NAMES, smallModel } from "./small";

/** Set SLIMLAB_KILLS=200 for the whole proof; each takes a second or so. */
const kills = Math.ceil(Number(process.env.SLIMLAB_KILLS ?? 20) / 4);

/** The number of the last save that a process told of, before it was killed at a moment of the milliseconds after the first. */
function killSaving(dir: string): Promise<number> {
  const child = spawn(process.execPath, [join(__dirname, "saving.js"), dir], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "-1" },
  });
  let told = "";
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), 5 + 200 * Math.random()));
  child.stdout.on("data", (chunk) => (told += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(Number(told.trim().split("\n").at(-1))));
  });
}

test(`kill -9 at ${kills} moments leaves the classifier that was saved last or the one after, and the next save tidies up`, async () => {
  const dir = join(temporaryFolder("classifier-kill"), "kept");
  for (let i = 0; i < kills; i++) {
    const last = await killSaving(dir);
    const { told, weights } = numbersIn(dir);
    assert.deepEqual(weights, [told]);
    assert.ok(told === last || told === last + 1, `said ${last}, got ${told}`);
  }
  const model = smallModel();
  await saveClassifier(model, dir, { classNames: NAMES });
  assert.equal(readdirSync(dir).length, 4, readdirSync(dir).join());
  model.dispose();
});
