/** Twenty steps of fine-tuning beside Python's TF-Slim: test/oracle/training.py. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "../../src/model/model";
import { tf } from "../../src/tensorflow";
import { configureLearningRate, createTrainStep } from "../../src/training";
import { readFixture } from "../fixtures";
import { distanceFrom, patternImages, patternVariable, type Summary } from "../patterns";
import { valuesOf } from "./thin";

interface StepFixture {
  readonly learningRate: number;
  readonly total: number;
  readonly crossEntropy: number;
  readonly accuracy: number;
}

interface RunFixture {
  readonly scopesToFreeze: string;
  readonly learningRate: {
    readonly learning_rate: number;
    readonly decay_steps: number;
    readonly decay_rate: number;
  };
  readonly trainedCount: number;
  readonly globalStep: number;
  readonly steps: readonly StepFixture[];
  readonly variables: Readonly<Record<string, Summary>>;
  readonly momenta: Readonly<Record<string, Summary>>;
}

interface TrainingFixture {
  readonly numClasses: number;
  readonly images: {
    readonly names: readonly string[];
    readonly shape: readonly [number, number, number, number];
  };
  readonly labels: readonly (readonly number[])[];
  readonly runs: Readonly<Record<string, RunFixture>>;
}

const VGG_MEANS = [123.68, 116.78, 103.94];
const fixture = readFixture<TrainingFixture>("training");

function patternModel(): Model {
  const { numClasses, images } = fixture;
  const side = images.shape[1];
  const model = new Model({ numClasses, fixedResizeSide: side, defaultImageSize: side });
  for (const { name, variable } of model.variables.all())
    tf.tidy(() => variable.assign(tf.tensor(patternVariable(name, variable.shape), variable.shape)));
  return model;
}

function patternBatches(): (readonly [tf.Tensor4D, tf.Tensor1D])[] {
  const { images, labels } = fixture;
  return images.names.map((name, i) => [
    tf.tidy(() =>
      tf.tensor4d(patternImages(name, images.shape), [...images.shape]).add<tf.Tensor4D>(VGG_MEANS),
    ),
    tf.tensor1d([...(labels[i] ?? [])], "int32"),
  ]);
}

test("createTrainStep() in bfloat16 follows TF-Slim's loss curve within 2 %", async () => {
  const [[, run] = []] = Object.entries(fixture.runs);
  assert.ok(run !== undefined);
  const { learning_rate: learningRate, decay_steps: decaySteps, decay_rate: decayRate } = run.learningRate;
  const schedule = configureLearningRate({ learningRate, decaySteps, decayRate });
  const model = patternModel();
  const { scopesToFreeze } = run;
  const step = createTrainStep(model, { learningRate: schedule, scopesToFreeze, precision: "bfloat16" });
  const batches = patternBatches();
  const furthest = { part: 0, step: -1 };
  for (const [i, expected] of run.steps.entries()) {
    const [images, labels] = batches[i % batches.length] ?? [];
    assert.ok(images !== undefined && labels !== undefined);
    const { crossEntropy } = await step(images, labels);
    const part = Math.abs(crossEntropy / expected.crossEntropy - 1);
    if (!(part <= furthest.part)) Object.assign(furthest, { part, step: i });
  }
  assert.ok(furthest.part > 1e-4 && furthest.part < 2e-2, JSON.stringify(furthest));
  step.dispose();
  model.dispose();
  tf.dispose(batches.map((batch) => [...batch]));
});

for (const [name, run] of Object.entries(fixture.runs)) {
  test(`createTrainStep() has TF-Slim's loss curve, ${name}`, async () => {
    const model = patternModel();
    const { learning_rate, decay_steps, decay_rate } = run.learningRate;
    const step = createTrainStep(model, {
      learningRate: configureLearningRate({
        learningRate: learning_rate,
        decaySteps: decay_steps,
        decayRate: decay_rate,
      }),
      scopesToFreeze: run.scopesToFreeze,
    });
    assert.equal(step.trained.length, run.trainedCount);
    const batches = patternBatches();
    for (const [i, expected] of run.steps.entries()) {
      const [images, labels] = batches[i % batches.length] ?? [];
      assert.ok(images !== undefined && labels !== undefined);
      const result = await step(images, labels);
      const isNear = (got: number, wanted: number): boolean =>
        Math.abs(got - wanted) <= 1e-3 * Math.abs(wanted);
      const what = `step ${i}: ${JSON.stringify(result)}, expected ${JSON.stringify(expected)}`;
      assert.ok(isNear(result.loss, expected.total), what);
      assert.ok(
        isNear(result.crossEntropy, expected.crossEntropy) ||
          Math.abs(result.crossEntropy - expected.crossEntropy) < 1e-3,
        what,
      );
      assert.ok(isNear(result.learningRate, expected.learningRate), what);
      assert.equal(result.accuracy, expected.accuracy, what);
    }
    assert.equal(step.globalStep, run.globalStep);
    const tensors = {
      ...Object.fromEntries(model.variables.all().map((one) => [one.name, one.variable])),
      ...step.slots,
    };
    const momenta = Object.entries(run.momenta).map(
      ([key, summary]) => [`${key}/Momentum`, summary] as const,
    );
    for (const [key, summary] of [...Object.entries(run.variables), ...momenta]) {
      const tensor = tensors[key];
      assert.ok(tensor !== undefined, key);
      const distance = distanceFrom(summary, valuesOf(tensor), tensor.shape);
      const bound = key.endsWith("/Momentum") ? 2e-2 : 1e-3; // rounding, twenty steps on
      assert.ok(distance < bound, `${key}: ${distance}`);
    }
    step.dispose();
    model.dispose();
    tf.dispose(batches.map((batch) => [...batch]));
  });
}
