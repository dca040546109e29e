import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  Estimator,
  ModeKeys,
  stopIfNoDecreaseHook,
  trainAndEvaluate,
  type EstimatorSpec,
  type Mode,
  type RunHook,
} from "../../src/estimator";
import { Dataset, type LabeledBatch } from "../../src/input";
import { Model, type Predictions } from "../../src/model";
import { readEvents } from "../../src/summary";
import { tf } from "../../src/tensorflow";
import { accuracyMetric, createEvalStep, createMetrics, createTrainStep } from "../../src/training";
import { readFixture } from "../fixtures";
import { pattern, patternIntegers } from "../patterns";
import { temporaryFolder, thin } from "./thin";

type Points = Record<string, (readonly [step: number, value: number | null])[]>;

/** What test/oracle/estimator.py says of one call of train_and_evaluate. */
interface Run {
  readonly log: readonly string[];
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly checkpoints: readonly number[];
  readonly variables: readonly string[];
  readonly train: Points;
  readonly eval: Points;
  readonly logits: readonly (readonly number[])[];
}

const expected =
  readFixture<Record<"whole" | "resumed" | "done" | "throttled" | "stopped", Run>>("estimator");
const SIDE = 8;
const FEATURES = 128;
const config = { saveCheckpointsSteps: 4, saveSummarySteps: 5, logStepCountSteps: 5, keepCheckpointMax: 2 };
const folder = temporaryFolder();

/** The oracle's classifier: its logits are linear in the first pixels. */
class LinearModel extends Model {
  constructor() {
    super({ ...thin, isTraining: true, weightDecay: 0 });
    const weights = pattern("Predict/logits/weights", [FEATURES, 3], { scale: 0.1 });
    tf.tidy(() => this.variables.expect("Predict/logits/weights").assign(tf.tensor(weights, [FEATURES, 3])));
  }

  override preprocess(images: tf.Tensor4D): tf.Tensor4D {
    return images.clone();
  }

  override predict(images: tf.Tensor4D): Predictions {
    const logits = tf.tidy(() => {
      const pixels = images.as2D(images.shape[0], SIDE * SIDE * 3).slice([0, 0], [-1, FEATURES]);
      const weights = this.variables.expect("Predict/logits/weights");
      return pixels.matMul(weights).add<tf.Tensor2D>(this.variables.expect("Predict/logits/biases"));
    });
    return { logits, endpoints: {}, updates: [] };
  }
}

function inputFn(use: "train" | "eval", count: number): () => Dataset<LabeledBatch> {
  const images = pattern(`estimator/${use}/images`, [count, SIDE, SIDE, 3]);
  const image = tf.tensor4d(images, [count, SIDE, SIDE, 3]);
  const label = tf.tensor1d(patternIntegers(`estimator/${use}/labels`, [count], 3), "int32");
  const slices: [{ image: tf.Tensor4D }, tf.Tensor1D] = [{ image }, label];
  return () => {
    const dataset = Dataset.fromTensorSlices(slices);
    return (use === "train" ? dataset.repeat() : dataset).batch(4);
  };
}

function specOf(model: Model, mode: Mode): EstimatorSpec {
  if (mode === ModeKeys.TRAIN) {
    const trainOp = createTrainStep(model, { learningRate: 0.5, trainableScopes: "Predict" });
    return { mode, model, trainOp, summaries: () => ({}) };
  }
  const evalMetricOps = createMetrics({ accuracy: accuracyMetric() });
  if (mode === ModeKeys.EVAL) return { mode, model, evalStep: createEvalStep(model), evalMetricOps };
  const predictions: EstimatorSpec["predictions"] = (features) => {
    const image = features instanceof tf.Tensor ? features : features["image"];
    return { logits: model.predict((image ?? tf.zeros([0])).as4D(-1, SIDE, SIDE, 3)).logits };
  };
  return { mode, model, predictions };
}

function recorder(log: string[], word: string): RunHook<unknown> {
  return {
    begin: () => void log.push(`begin ${word}`),
    afterCreateSession: ({ globalStep }) => void log.push(`created ${word} ${globalStep}`),
    checkpointSaved: ({ globalStep }) => void log.push(`saved ${globalStep}`),
    end: ({ globalStep }) => void log.push(`end ${word} ${globalStep}`),
  };
}

/** What our evaluations have beside tf.estimator's: their loss with nothing of the weights in it. */
const ours = "crossEntropy";

async function pointsIn(path: string): Promise<Points> {
  const points: Points = {};
  for await (const point of readEvents(path)) {
    if (point.run !== "." || point.tag === ours) continue;
    const value = point.kind === "scalar" && point.tag !== "global_step/sec" ? point.value : null;
    (points[point.tag] ??= []).push([point.step, value]);
  }
  return points;
}

function assertPoints(actual: Points, wanted: Points): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(wanted).sort());
  for (const [tag, points] of Object.entries(wanted)) {
    const got = actual[tag] ?? [];
    assert.deepEqual(got.map(([step]) => step), points.map(([step]) => step), tag); // prettier-ignore
    points.forEach(([step, value], i) => assertClose(got[i]?.[1] ?? NaN, value ?? NaN, `${tag} at ${step}`));
  }
}

function assertClose(actual: number, value: number, what: string): void {
  const isClose = Number.isNaN(value) ? Number.isNaN(actual) : Math.abs(actual - value) <= 1e-4 * Math.max(1, Math.abs(value)); // prettier-ignore
  assert.ok(isClose, `${what}: expected ${value}, got ${actual}`);
}

interface Job {
  readonly maxSteps: number;
  readonly throttleSecs?: number;
  readonly stopAfter?: number;
}

/** The oracle's job in a new process's stead: a new model and a new estimator. */
async function run(name: string, { maxSteps, throttleSecs = 0, stopAfter }: Job): Promise<Run> {
  const modelDir = join(folder, name);
  const model = new LinearModel();
  const estimator = new Estimator({
    modelFn: (_features, _labels, mode) => specOf(model, mode),
    modelDir,
    config,
  });
  const log: string[] = [];
  const stopping = stopAfter === undefined ? [] : [stopIfNoDecreaseHook(estimator, "loss", stopAfter, { runEverySteps: 1 })]; // prettier-ignore
  const { metrics } = await trainAndEvaluate(
    estimator,
    { inputFn: inputFn("train", 12), maxSteps, hooks: [recorder(log, "train"), ...stopping] },
    { inputFn: inputFn("eval", 10), steps: null, throttleSecs, hooks: [recorder(log, "eval")] },
  );
  const checkpoints = readdirSync(modelDir).flatMap((file) => {
    const step = /-(\d+)\.index$/.exec(file)?.[1];
    return step === undefined ? [] : [Number(step)];
  });
  const logits: number[][] = [];
  for await (const one of estimator.predict({ inputFn: inputFn("eval", 10), predictKeys: ["logits"] }))
    logits.push([one["logits"] ?? []].flat().map(Number));
  const result = {
    log,
    metrics: metrics === undefined ? null : Object.fromEntries(Object.entries(metrics).flatMap(([key, value]) => key === ours ? [] : [[key, Number(value)]])), // prettier-ignore
    checkpoints: checkpoints.sort((a, b) => a - b),
    variables: estimator.getVariableNames(),
    train: await pointsIn(modelDir),
    eval: await pointsIn(join(modelDir, "eval")),
    logits: logits.slice(0, 3),
  };
  await estimator.dispose();
  model.dispose();
  return result;
}

/** A resumed run of tf.estimator saves what it has restored once more; the same bytes again, which ours leaves out. */
const savedAgain = { whole: "", resumed: "saved 9", done: "", throttled: "", stopped: "" } as const;

const jobs = [
  ["whole", "whole", { maxSteps: 9 }],
  ["resumed", "whole", { maxSteps: 14 }],
  ["done", "whole", { maxSteps: 14 }],
  ["throttled", "throttled", { maxSteps: 9, throttleSecs: 600 }],
  ["stopped", "stopped", { maxSteps: 40, stopAfter: 4 }],
] as const;

for (const [name, place, job] of jobs) {
  test(`a ${name} trainAndEvaluate() does what tf.estimator's does, in its order, to its figures`, async () => {
    const [wanted, got] = [expected[name], await run(place, job)];
    assert.deepEqual(got.log, wanted.log.filter((line) => line !== savedAgain[name])); // prettier-ignore
    assert.deepEqual(got.checkpoints, wanted.checkpoints);
    const variables = wanted.variables.filter((one) => !one.startsWith("signal_early_stopping"));
    assert.deepEqual(variables.filter((one) => !got.variables.includes(one)), []); // prettier-ignore
    assert.deepEqual(Object.keys(got.metrics ?? {}).sort(), Object.keys(wanted.metrics ?? {}).sort());
    for (const [key, value] of Object.entries(wanted.metrics ?? {}))
      assertClose(got.metrics?.[key] ?? NaN, value, key);
    assertPoints(got.train, wanted.train);
    assertPoints(got.eval, wanted.eval);
    wanted.logits.forEach((row, i) => row.forEach((value, j) => assertClose(got.logits[i]?.[j] ?? NaN, value, `logits ${i} ${j}`))); // prettier-ignore
  });
}
