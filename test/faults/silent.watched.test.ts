/** Which evaluation is the best, and when a training stops, by the numbers that are watched. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  BestExporter,
  Estimator,
  readEvalMetrics,
  stopIfLowerHook,
  stopIfNoDecreaseHook,
  trainAndEvaluate,
  type BestExporterOptions,
  type Exporter,
  type ModelFn,
  type RunHook,
} from "../../src/estimator";
import { Model } from "../../src/model";
import { SummaryWriter } from "../../src/summary";
import { createEvalStep, createMetrics, evaluate, type Metric } from "../../src/training";
import { thin, thinInput, thinModelFn } from "../estimator/thin";
import { testSituations } from "./table";

/** What evaluations give, one after the other, by metric. */
type Evaluations = Readonly<Record<string, readonly number[]>>;

/** A metric that gives these values, whatever it is shown. */
function given(name: string, values: readonly number[]): Metric {
  let evaluation = -1;
  return {
    name,
    update: () => Promise.resolve(),
    result: () => values[evaluation] ?? NaN,
    reset: () => void evaluation++,
    state: () => ({}),
    merge: () => undefined,
  };
}

/** Trains a step and evaluates, for each of the evaluations. */
async function train(
  modelDir: string,
  evaluations: Evaluations,
  exporters: readonly Exporter[],
  hooks: (estimator: Estimator) => readonly RunHook[] = () => [],
): Promise<number> {
  const [training, evaluating] = [thinInput("watched", "train"), thinInput("watched", "evaluate", 4)];
  const metrics = Object.entries(evaluations).map(([name, values]) => [name, given(name, values)] as const);
  const modelFn = thinModelFn({
    trainableScopes: "Predict",
    evalMetricOps: createMetrics(Object.fromEntries(metrics)),
  });
  const estimator = new Estimator({ modelFn, modelDir });
  const maxSteps = Math.max(...Object.values(evaluations).map(({ length }) => length));
  const last = await trainAndEvaluate(
    estimator,
    { inputFn: training.inputFn, maxSteps, hooks: hooks(estimator) },
    { inputFn: evaluating.inputFn, everySteps: 1, exporters },
  );
  await estimator.dispose();
  modelFn.dispose();
  for (const input of [training, evaluating]) input.dispose();
  return last.metrics?.global_step ?? NaN;
}

/** The steps after which a BestExporter exported. */
async function exportedAt(
  modelDir: string,
  evaluations: Evaluations,
  options: Partial<BestExporterOptions> = {},
): Promise<number[]> {
  const best = new BestExporter({ name: "best", ...options });
  const steps: number[] = [];
  const recording: Exporter = {
    name: best.name,
    export: async (context) => {
      const version = await best.export(context);
      if (version !== undefined) steps.push(context.evalResult.global_step);
      return version;
    },
  };
  await train(modelDir, evaluations, [recording]);
  return steps;
}

/** The step at which a hook stopped the training. */
function stoppedAt(modelDir: string, evaluations: Evaluations, hook: (estimator: Estimator) => RunHook) {
  return train(modelDir, evaluations, [], (estimator) => [hook(estimator)]);
}

/** What evaluations wrote that had no crossEntropy. */
async function writePythons(folder: string, losses: readonly number[], step = 1000): Promise<void> {
  const writer = new SummaryWriter(folder);
  losses.forEach((loss, i) => writer.scalar("loss", loss, step + i));
  await writer.close();
}

/** The losses of an evaluation of a heavy network: of the Estimator, of its event file, and of evaluate(). */
async function lossesOf(modelDir: string): Promise<readonly (readonly number[])[]> {
  const input = thinInput("losses", "evaluate", 4);
  const model = new Model({ ...thin, weightDecay: 10 });
  const modelFn: ModelFn<unknown> = (_features, _labels, mode) => ({
    mode,
    model,
    evalStep: createEvalStep(model),
  });
  const estimator = new Estimator({ modelFn, modelDir });
  const { inputFn } = input;
  const all = [
    await estimator.evaluate({ inputFn }),
    (await readEvalMetrics(estimator.evalDir())).get(0),
    await evaluate(model, inputFn()),
  ];
  await estimator.dispose();
  input.dispose();
  model.dispose();
  return all.map(({ loss = NaN, crossEntropy = NaN } = {}) => [loss, crossEntropy].map(Math.fround));
}

const decreasing = { loss: [178, 177.9, 177.8], crossEntropy: [0.1, 0.2, 0.3] };
const byTop = (best: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): boolean =>
  (now["top"] ?? 0) > (best["top"] ?? 0);

testSituations([
  {
    name: "BestExporter goes on after an evaluation that is NaN",
    situation: (folder) => exportedAt(folder, { crossEntropy: [2, NaN, 1] }),
    expected: [1, 3],
  },
  {
    name: "BestExporter exports no model whose loss is NaN, the first neither",
    situation: (folder) => exportedAt(folder, { crossEntropy: [NaN, 2, 3] }),
    expected: [2],
  },
  {
    name: "BestExporter goes on after a NaN of another metric, by which compareFn compares",
    situation: (folder) => exportedAt(folder, { top: [0.5, NaN, 0.7, 0.6] }, { compareFn: byTop }),
    expected: [1, 3],
  },
  {
    name: "BestExporter follows the cross-entropy, not the weights that decay",
    situation: (folder) => exportedAt(folder, decreasing),
    expected: [1],
  },
  {
    name: "BestExporter follows tf.estimator's loss if it is told to",
    situation: (folder) => exportedAt(folder, decreasing, { metric: "loss" }),
    expected: [1, 2, 3],
  },
  {
    name: "BestExporter compares with evaluations that have no cross-entropy by the loss",
    situation: async (folder) => {
      await writePythons(join(folder, "eval"), [5, 3]);
      return exportedAt(folder, { loss: [4, 2], crossEntropy: [2, 1] });
    },
    expected: [1, 2], // the first, since nothing was exported
  },
  {
    name: "BestExporter refuses another metric: is more of it better, or less?",
    // @ts-expect-error callers in JavaScript are told so when it runs
    situation: () => new BestExporter({ name: "best", metric: "accuracy" }),
    expected:
      /^Cannot create exporter "best": expected metric "crossEntropy" or "loss", got "accuracy"; compareFn compares others$/,
  },
  {
    name: "BestExporter refuses two ways to compare",
    situation: () => new BestExporter({ name: "best", metric: "loss", compareFn: byTop }),
    expected: /^Cannot create exporter "best": expected metric or compareFn, got both$/,
  },
  {
    name: "a training that began with a NaN does not stop while its metric falls",
    situation: (folder) =>
      stoppedAt(folder, { top: [NaN, 5, 4, 3, 2] }, (estimator) =>
        stopIfNoDecreaseHook(estimator, "top", 2, { runEverySteps: 1 }),
      ),
    expected: 5,
  },
  {
    name: "early stopping passes over evaluations of before that lack the metric",
    situation: async (folder) => {
      await writePythons(join(folder, "eval"), [5], 0);
      return stoppedAt(folder, { loss: [4, 3] }, (estimator) =>
        stopIfNoDecreaseHook(estimator, "crossEntropy", 2000, { runEverySteps: 1 }),
      );
    },
    expected: 2,
  },
  ...(
    [
      [{ runEverySteps: 0 }, "runEverySteps above 0, got 0"],
      [{ runEverySecs: NaN }, "runEverySecs above 0, got NaN"],
      [{ minSteps: NaN }, "minSteps 0 or more, got NaN"],
    ] as const
  ).map(([options, expected]) => ({
    name: `early stopping refuses ${Object.keys(options).join()}: ${Object.values(options).join()}`,
    situation: () => stopIfNoDecreaseHook({ evalDir: () => "eval" }, "loss", 10, options),
    expected: new RegExp(`^Cannot stop early: expected ${expected}$`),
  })),
  {
    name: "early stopping refuses no number of steps",
    situation: () => stopIfNoDecreaseHook({ evalDir: () => "eval" }, "loss", NaN),
    expected: /^Cannot stop early: expected maxStepsWithoutDecrease above 0, got NaN$/,
  },
  {
    name: "early stopping refuses a threshold that is no number",
    situation: () => stopIfLowerHook({ evalDir: () => "eval" }, "loss", NaN),
    expected: /^Cannot stop early: expected threshold a number, got NaN$/,
  },
  {
    name: "an Estimator's evaluation has the cross-entropy beside the loss, in its event files too",
    situation: async (folder) => {
      const [estimated = [], written, evaluated] = await lossesOf(folder);
      const [loss = NaN, crossEntropy = NaN] = estimated;
      return [
        loss > 100,
        crossEntropy < loss / 10,
        isDeepStrictEqual(written, estimated),
        isDeepStrictEqual(evaluated, estimated),
      ];
    },
    expected: [true, true, true, true],
  },
]);
