import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { tf } from "../../src/tensorflow";
import { latestCheckpoint, Saver } from "../../src/training";
import { readCheckpointState } from "../../src/training/saver/state";
import { createVariables, stepOf } from "./saving";

/** Set SLIMLAB_KILLS=200 for the whole proof; each takes a second or so. */
const kills = Number(process.env.SLIMLAB_KILLS ?? 20);

const root = mkdtempSync(join(tmpdir(), "saverkill-"));
after(() => rmSync(root, { recursive: true }));

/** The last step that a saving process said is saved, before it was killed at a moment of the milliseconds after the first. */
function killSaving(folder: string, ...options: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(__dirname, "saving.js"), folder, ...options], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "-1" },
  });
  let told = "";
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), 5 + 55 * Math.random()));
  child.stdout.on("data", (chunk) => (told += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`Cannot kill the saving process: it ended by itself`));
      resolve(Number(told.trim().split("\n").at(-1)));
    });
  });
}

/** Restores each checkpoint that the folder names, and the step of the latest. */
function checkFolder(folder: string, variables: Record<string, tf.Variable>): number {
  const restore = (prefix: string): number => stepOf(new Saver(), prefix, variables);
  const whole = new Set(readdirSync(folder).filter((file) => file.endsWith(".index")));
  for (const { path } of readCheckpointState(folder)?.all ?? [])
    if (whole.has(`${path}.index`)) assert.match(path, new RegExp(`^model\\.ckpt(-${restore(join(folder, path))})?$`)); // prettier-ignore
  return restore(latestCheckpoint(folder) ?? "");
}

for (const [sharded, names] of [
  [1, "numbered"],
  [2, "numbered"],
  [2, "same"],
] as const) {
  const count = Math.ceil(kills / 3);
  test(`kill -9 at ${count} moments leaves what restores to the last save or the one after (${sharded} data files, ${names} names)`, async () => {
    const folder = join(root, `${names}${sharded}`);
    mkdirSync(folder);
    const variables = createVariables();
    let [ahead, unfinished] = [0, 0];
    for (let i = 0; i < count; i++) {
      const told = await killSaving(folder, String(sharded), names);
      const step = checkFolder(folder, variables);
      assert.ok(step === told || step === told + 1, `said ${told}, got ${step}`);
      if (step > told) ahead++;
      if (readdirSync(folder).some((file) => /saving|part/.test(file))) unfinished++;
    }
    assert.ok(unfinished > 0, "no kill came while a save was under way");
    const saver = new Saver({ maxToKeep: 3, sharded });
    await saver.save(folder, variables, names === "same" ? {} : { globalStep: 1e6 });
    const files = readdirSync(folder);
    assert.equal(files.length, (names === "same" ? 1 : 3) * (1 + sharded) + 1, files.join());
    tf.dispose(variables);
    console.log(`# killed ${count} times: ${unfinished} while saving, ${ahead} after the last word`);
  });
}
