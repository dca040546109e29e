/** What a training lets others do between its steps, and what it does not let pass. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import test from "node:test";
import {
  BestExporter,
  Estimator,
  FinalExporter,
  LatestExporter,
  trainAndEvaluate,
  type EvalSpec,
  type Exporter,
  type RunHook,
} from "../../src/estimator";
import { memory, openCheckpoint } from "../../src/tensorflow";
import { temporaryFolder, thinInput, thinModelFn } from "./thin";

const folder = temporaryFolder();
const config = { saveCheckpointsSteps: 2 };

function headIn(checkpoint: string): number[] {
  const reader = openCheckpoint(checkpoint);
  const value = reader.read("Predict/logits/weights");
  reader.close();
  const values = [...value.dataSync()];
  value.dispose();
  return values;
}

test("an evaluation of an old checkpoint in the midst of a training changes nothing of it", async () => {
  const before = memory();
  const [training, evaluating] = [thinInput("between", "train"), thinInput("eval", "evaluate")];
  const run = async (modelDir: string, hooks: (estimator: Estimator) => RunHook[]): Promise<number[]> => {
    const modelFn = thinModelFn();
    const estimator = new Estimator({ modelFn, modelDir, config });
    await estimator.train({ inputFn: training.inputFn, maxSteps: 6, hooks: hooks(estimator) });
    const weights = headIn(join(modelDir, "model.ckpt-6"));
    await estimator.dispose();
    modelFn.dispose();
    return weights;
  };
  const seen: object[] = [];
  const evaluations = (estimator: Estimator): RunHook[] => [
    {
      afterRun: async ({ globalStep }) => {
        const options = { inputFn: evaluating.inputFn, name: "old" };
        if (globalStep === 5) {
          seen.push(
            await estimator.evaluate({
              ...options,
              checkpointPath: join(estimator.modelDir, "model.ckpt-2"),
            }),
          );
          await assert.rejects(estimator.train({ inputFn: training.inputFn, steps: 1 }), /estimator at rest/);
        }
        if (globalStep === 2) seen.push(await estimator.evaluate(options)); // as it is
      },
    },
  ];
  const quiet = await run(join(folder, "quiet"), () => []);
  assert.deepEqual(await run(join(folder, "busy"), evaluations), quiet);
  assert.deepEqual(seen[0], seen[1]);
  for (const input of [training, evaluating]) input.dispose();
  assert.deepEqual(memory(), before);
});

test("a second call while the first is under way is an error, not a mix of both", async () => {
  const training = thinInput("between", "train");
  const modelFn = thinModelFn();
  const estimator = new Estimator({ modelFn, modelDir: join(folder, "both") });
  const first = estimator.train({ inputFn: training.inputFn, maxSteps: 2 });
  await assert.rejects(
    estimator.evaluate({ inputFn: training.inputFn, steps: 1 }),
    /Cannot evaluate: expected an estimator at rest, got one in the midst of "train"/,
  );
  await first;
  await estimator.dispose();
  modelFn.dispose();
  training.dispose();
});

test("a checkpoint that cannot be saved in the background ends the training", async () => {
  const training = thinInput("between", "train");
  const modelFn = thinModelFn();
  const modelDir = join(folder, "gone");
  const estimator = new Estimator({ modelFn, modelDir, config });
  const seen: number[] = [];
  const hook: RunHook = {
    afterRun: ({ globalStep }) => {
      seen.push(globalStep);
      if (globalStep !== 3) return;
      rmSync(modelDir, { recursive: true });
      writeFileSync(modelDir, "a file in the folder's place");
    },
  };
  const run = estimator.train({ inputFn: training.inputFn, maxSteps: 1000, hooks: [hook] });
  await assert.rejects(run, /Cannot save ".*gone\/model.ckpt-[024]"/);
  assert.ok(seen.length < 100, `expected an end soon after step 4, got ${seen.length} steps`);
  await estimator.dispose();
  modelFn.dispose();
  training.dispose();
});

test("exporters: the latest few are kept, and the best of a run before the restart stays the best", async () => {
  const [training, evaluating] = [thinInput("between", "train"), thinInput("eval", "evaluate")];
  const modelDir = join(folder, "exported");
  const run = async (maxSteps: number, compareFn: (best: Readonly<Record<string, number>>) => boolean) => {
    const modelFn = thinModelFn();
    const estimator = new Estimator({ modelFn, modelDir, config });
    const exporters = [
      new LatestExporter({ name: "latest", exportsToKeep: 2 }),
      new BestExporter({ name: "best", compareFn }),
    ];
    const evalSpec = { inputFn: evaluating.inputFn, throttleSecs: 0, exporters };
    const { exports } = await trainAndEvaluate(estimator, { inputFn: training.inputFn, maxSteps }, evalSpec);
    await estimator.dispose();
    modelFn.dispose();
    return exports.map((one) => (one === undefined ? undefined : basename(dirname(one))));
  };
  assert.deepEqual(await run(2, () => true), ["latest", "best"]);
  assert.deepEqual(await run(6, () => false), ["latest", undefined]);
  assert.deepEqual(await run(8, () => true), ["latest", "best"]);
  assert.equal(readdirSync(join(modelDir, "export/latest")).length, 2);
  assert.equal(readdirSync(join(modelDir, "export/best")).length, 2);
  for (const input of [training, evaluating]) input.dispose();
});

test("what a call that failed has evaluated but not exported, the next one exports, once", async () => {
  const [training, evaluating] = [thinInput("between", "train"), thinInput("eval", "evaluate")];
  const modelDir = join(folder, "unexported");
  const run = async (maxSteps: number, others: readonly Exporter[]) => {
    const modelFn = thinModelFn();
    const estimator = new Estimator({ modelFn, modelDir, config });
    const exporters = [...others, new FinalExporter({ name: "servo" })];
    const evalSpec = { inputFn: evaluating.inputFn, exporters };
    try {
      return await trainAndEvaluate(estimator, { inputFn: training.inputFn, maxSteps }, evalSpec);
    } finally {
      await estimator.dispose();
      modelFn.dispose();
    }
  };
  const broken = { name: "broken", export: () => Promise.reject(new Error("a full disk")) };
  for (const maxSteps of [2, 4]) {
    await assert.rejects(run(maxSteps, [broken]), /a full disk/);
    const { metrics, exports } = await run(maxSteps, []);
    assert.equal(metrics?.global_step, maxSteps);
    assert.equal(readdirSync(join(modelDir, "export/servo")).length, maxSteps / 2);
    const [servo = ""] = exports;
    assert.deepEqual(await run(maxSteps, []), { metrics: undefined, exports: [] });
    renameSync(servo, join(dirname(servo), String(maxSteps))); // older than the next checkpoint
  }
  for (const input of [training, evaluating]) input.dispose();
});

test("what an evaluation would refuse is refused before the training", async () => {
  const modelFn = thinModelFn();
  const modelDir = join(folder, "refused");
  const estimator = new Estimator({ modelFn, modelDir, config });
  const input = thinInput("between", "train");
  const servo = new LatestExporter({ name: "servo" });
  const wrong: [Partial<EvalSpec>, string][] = [
    [{ steps: 0 }, "steps a whole number of 1 or more, got 0"],
    [{ everySteps: 1.5 }, "everySteps a whole number of 1 or more, got 1.5"],
    [{ throttleSecs: -1 }, "throttleSecs 0 or more, got -1"],
    [{ startDelaySecs: NaN }, "startDelaySecs 0 or more, got NaN"],
    [{ exporters: new BestExporter({ name: "" }) }, 'exporters with a name of their own, got ""'],
    [{ exporters: [servo, servo] }, 'exporters with a name of their own, got "servo", "servo"'],
  ];
  for (const [spec, expected] of wrong) {
    const evalSpec = { inputFn: input.inputFn, ...spec };
    const run = trainAndEvaluate(estimator, { inputFn: input.inputFn, maxSteps: 1 }, evalSpec);
    await assert.rejects(run, new RangeError(`Cannot evaluate: expected ${expected}`));
  }
  assert.equal(existsSync(modelDir), false);
  await estimator.dispose();
  modelFn.dispose();
  input.dispose();
});

test("a hook may end a training at its first checkpoint", async () => {
  const modelFn = thinModelFn();
  const estimator = new Estimator({ modelFn, modelDir: join(folder, "stopped") });
  const input = thinInput("between", "train");
  const ended: number[] = [];
  const hook: RunHook = {
    checkpointSaved: ({ requestStop }) => requestStop(),
    end: ({ globalStep }) => void ended.push(globalStep),
  };
  assert.equal(await estimator.train({ inputFn: input.inputFn, maxSteps: 5, hooks: [hook] }), undefined);
  assert.deepEqual(ended, [0]);
  await estimator.dispose();
  modelFn.dispose();
  input.dispose();
});
