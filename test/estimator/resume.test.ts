import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  Estimator,
  FinalExporter,
  stopIfNoDecreaseHook,
  trainAndEvaluate,
  type RunHook,
} from "../../src/estimator";
import { readScalars } from "../../src/summary";
import { memory } from "../../src/tensorflow";
import { latestCheckpoint } from "../../src/training";
import { digestsIn } from "../training/digests";
import { temporaryFolder, thinInput, thinModelFn, type ThinInput } from "./thin";

const folder = temporaryFolder();
const config = { saveCheckpointsSteps: 100, saveSummarySteps: 1, logStepCountSteps: 0 };

async function withEstimator<T>(modelDir: string, work: (estimator: Estimator) => Promise<T>): Promise<T> {
  const modelFn = thinModelFn();
  const estimator = new Estimator({ modelFn, modelDir, config });
  try {
    return await work(estimator);
  } finally {
    await estimator.dispose();
    modelFn.dispose();
  }
}

async function lossesIn(modelDir: string): Promise<{ steps: readonly number[]; values: readonly number[] }> {
  const [loss] = await readScalars(modelDir, { tags: ["loss"] });
  assert.ok(loss);
  return { steps: loss.steps, values: loss.values };
}

/** Lets work run as a notebook's cell, whose Interrupt is this signal. */
async function inCell<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const key = Symbol.for("Jupyter.signal");
  Reflect.set(globalThis, key, signal);
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(globalThis, key);
  }
}

test("a training that was stopped in mid-epoch goes on to the same losses and weights, bit for bit", async () => {
  const before = memory();
  const input: ThinInput = thinInput("resume", "train");
  const { inputFn } = input;
  const [whole, parted] = [join(folder, "whole"), join(folder, "parted")];
  const expected = await withEstimator(whole, async (estimator) => {
    await estimator.train({ inputFn, maxSteps: 10 });
    return digestsIn(estimator.modelDir);
  });
  await withEstimator(parted, async (estimator) => {
    const controller = new AbortController();
    const hook: RunHook = {
      afterRun: ({ globalStep }) => (globalStep === 5 ? controller.abort(new Error("enough")) : undefined),
    };
    const { signal } = controller;
    await assert.rejects(estimator.train({ inputFn, maxSteps: 10, hooks: [hook], signal }), /enough/);
    assert.equal(estimator.latestCheckpoint(), join(parted, "model.ckpt-5"));
  });
  const actual = await withEstimator(parted, async (estimator) => {
    const controller = new AbortController();
    const { signal } = controller;
    const hook: RunHook = {
      beforeRun: ({ globalStep }) =>
        globalStep === 7 ? controller.abort(new Error("interrupt")) : undefined,
    };
    const cell = inCell(signal, () => estimator.train({ inputFn, maxSteps: 10, hooks: [hook] }));
    await assert.rejects(cell, /interrupt/);
    assert.equal(estimator.latestCheckpoint(), join(parted, "model.ckpt-7"));
    await estimator.train({ inputFn, maxSteps: 10 }); // with the steps compiled before
    return digestsIn(estimator.modelDir);
  });
  assert.deepEqual(actual, expected);
  assert.deepEqual(await lossesIn(parted), await lossesIn(whole));
  input.dispose();
  assert.deepEqual(memory(), before);
});

test("a resumed training reads each of its batches once", async () => {
  const { inputFn, dispose } = thinInput("resume", "train");
  let reads = 0;
  const counted: typeof inputFn = () => {
    const dataset = inputFn();
    const open = dataset.iterator.bind(dataset);
    const iterator: typeof open = (options) => {
      const opened = open(options);
      const next = opened.next.bind(opened);
      return Object.assign(opened, { next: () => (reads++, next()) });
    };
    return Object.assign(dataset, { iterator });
  };
  const modelDir = join(folder, "counted");
  for (const steps of [2, 3]) {
    reads = 0;
    await withEstimator(modelDir, (estimator) => estimator.train({ inputFn: counted, steps }));
    assert.equal(reads, steps);
  }
  dispose();
});

test("SIGTERM ends a training between two steps, with a checkpoint, and then the process", async () => {
  const modelDir = join(folder, "terminated");
  const script = join(folder, "terminated.js");
  const [estimator, thin] = ["../../src/estimator", "./thin"].map((name) =>
    JSON.stringify(require.resolve(name)),
  );
  writeFileSync(
    script,
    `const { Estimator } = require(${estimator});
const { thinModelFn, thinInput } = require(${thin});
const estimator = new Estimator({ modelFn: thinModelFn(), modelDir: ${JSON.stringify(modelDir)} });
const hook = { afterRun: ({ globalStep }) => void (globalStep === 3 && process.kill(process.pid, "SIGTERM")) };
estimator.train({ inputFn: thinInput("resume", "train").inputFn, hooks: [hook] }).catch(() => undefined);`,
  );
  const child = spawn(process.execPath, [script], { stdio: "inherit" });
  await once(child, "close");
  assert.equal(child.signalCode, "SIGTERM");
  const step = Number(/ckpt-(\d+)$/.exec(latestCheckpoint(modelDir) ?? "")?.[1]);
  assert.ok(step === 3 || step === 4, `expected step 3 or 4, got ${step}`);
});

test("everySteps evaluates where no checkpoint was due, and a metric that stands still stops the training", async () => {
  const modelDir = join(folder, "stopped");
  const [training, evaluating] = [thinInput("resume", "train"), thinInput("eval", "evaluate")];
  await withEstimator(modelDir, async (estimator) => {
    const hooks = [stopIfNoDecreaseHook(estimator, "count", 4, { runEverySteps: 1 })];
    const evalSpec = { inputFn: evaluating.inputFn, everySteps: 2 };
    const run = trainAndEvaluate(estimator, { inputFn: training.inputFn, maxSteps: 20, hooks }, evalSpec);
    await assert.rejects(
      run,
      /Cannot stop early: expected a metric among accuracy, loss, crossEntropy, got "count"/,
    );
  });
  await withEstimator(modelDir, async (estimator) => {
    const hooks = [stopIfNoDecreaseHook(estimator, "accuracy", 4, { runEverySteps: 1, minSteps: 3 })];
    const exporters = new FinalExporter({ name: "servo" });
    const evalSpec = { inputFn: evaluating.inputFn, everySteps: 2, exporters };
    const { metrics, exports } = await trainAndEvaluate(estimator, { inputFn: training.inputFn, maxSteps: 30, hooks }, evalSpec); // prettier-ignore
    const [accuracy] = await readScalars(estimator.evalDir(), { tags: ["accuracy"] });
    const { steps = [], values = [] } = accuracy ?? {};
    const last = steps[steps.length - 1] ?? NaN;
    assert.deepEqual(
      steps,
      Array.from({ length: last / 2 }, (_, i) => 2 * i + 2),
    );
    assert.equal(metrics?.global_step, last);
    const late = steps.flatMap((step, i) => (step >= 3 ? [{ step, value: values[i] ?? NaN }] : []));
    const best = late.reduce((a, b) => (b.value < a.value ? b : a));
    assert.ok(
      last === 30 || last - best.step === 4,
      `expected 4 steps without decrease, got ${JSON.stringify(late)}`,
    );
    assert.ok(last < 30);
    assert.ok(existsSync(join(exports[0] ?? "", "saved_model.pb")));
  });
  for (const input of [training, evaluating]) input.dispose();
});
