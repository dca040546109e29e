/** A run that is killed again and again leaves the points of one that was not. */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readEvents, readScalars } from "../../src/summary";
import { python } from "../python";
import { lossAt } from "./logging";

const LAST = 60;
const kills = Number(process.env.SLIMLAB_KILLS ?? 20) / 4;

/** Runs logging.ts and kills it some milliseconds after its first step; whether it came to its end. */
function killLogging(folder: string, wait: number): Promise<boolean> {
  const child = spawn(process.execPath, [join(__dirname, "logging.js"), folder, String(LAST)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "-1" },
  });
  let timer: NodeJS.Timeout | undefined;
  child.stdout.once("data", () => (timer = setTimeout(() => child.kill("SIGKILL"), wait)));
  child.stdout.resume();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

/** Whether an event file ends within a record. */
function isCut(file: string): boolean {
  const bytes = readFileSync(file);
  let at = 0;
  while (at + 12 <= bytes.length) at += 16 + Number(bytes.readBigUInt64LE(at));
  return at !== bytes.length;
}

/** By what TensorBoard's server reads with, which takes every value for a tensor. */
const TENSORBOARD = `
import json, sys
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.util import tensor_util
events = plugin_event_accumulator.EventAccumulator(sys.argv[1], tensor_size_guidance=dict(scalars=0, histograms=0, text=0))
events.Reload()
steps = lambda tag: [event.step for event in events.Tensors(tag)]
loss = [[event.step, tensor_util.make_ndarray(event.tensor_proto).item()] for event in events.Tensors("loss")]
print(json.dumps(dict(loss=loss, weights=steps("weights"), note=steps("note"))))
`;
const hasTensorBoard =
  python !== undefined && spawnSync(python, ["-c", "import tensorboard"], { stdio: "ignore" }).status === 0;

test("a run that is killed in mid-write and resumed has each point once, as readEvents() and TensorBoard read it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-summarykill-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  let killed = 0;
  while (killed < kills && !(await killLogging(folder, 2 + 70 * Math.random()))) killed++;
  while (!(await killLogging(folder, 60_000)));
  const events = join(folder, "events");
  const files = readdirSync(events).map((file) => join(events, file));
  const steps = Array.from({ length: LAST }, (_, i) => i + 1);
  const found: Record<string, number[]> = {};
  for await (const { tag, step } of readEvents(events)) (found[tag] ??= []).push(step);
  assert.deepEqual(found, { loss: steps, weights: steps, note: steps });
  assert.deepEqual((await readScalars(events))[0]?.values, steps.map(lossAt));
  t.diagnostic(
    `killed ${killed} times, of ${files.length} files ${files.filter(isCut).length} end within a record`,
  );
  if (!hasTensorBoard) return t.diagnostic("not read by TensorBoard, which Python lacks");
  const output = execFileSync(python ?? "", ["-c", TENSORBOARD, events], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  assert.deepEqual(JSON.parse(output.trim().split("\n").at(-1) ?? ""), {
    loss: steps.map((step) => [step, lossAt(step)]),
    weights: steps,
    note: steps,
  });
  t.diagnostic("TensorBoard reads the same");
});
