import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { readScalars } from "../../src/summary";
import { memory, tf } from "../../src/tensorflow";
import {
  createTrainStep,
  csvLog,
  earlyStopping,
  keepBest,
  latestCheckpoint,
  modelEma,
  reduceOnPlateau,
  tensorboard,
  type Callback,
  type EpochResult,
} from "../../src/training";
import { readFixture } from "../fixtures";
import { temporaryFolder } from "../temporary";
import { patternBatch, thinModel, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

interface CallbacksFixture {
  readonly series: Readonly<Record<string, readonly number[]>>;
  readonly stopping: readonly {
    readonly series: string;
    readonly options: Readonly<Record<string, never>>;
    readonly epochs: number;
    readonly stopped: boolean;
    readonly bestEpoch: number;
    readonly restored: number;
  }[];
  readonly reducing: readonly {
    readonly series: string;
    readonly options: Readonly<Record<string, never>>;
    readonly rates: readonly number[];
  }[];
}

const { series, stopping, reducing } = readFixture<CallbacksFixture>("callbacks");

const model = thinModel({ architecture: "resnet_v1_14" });
const step = createTrainStep(model);
after(() => {
  step.dispose();
  model.dispose();
});
const probe = model.variables.expect("Predict/logits/biases");

function epochOf(epoch: number, validationLoss: number, learningRate = 0.01): EpochResult {
  const train = { trainLoss: 1, trainAccuracy: 0.5, seconds: 2, imagesPerSecond: 8 };
  return { epoch, globalStep: epoch * 4, ...train, validationLoss, validationAccuracy: 0.5, learningRate };
}

/** Tells a callback of epochs, at each of which a variable is the epoch's number. @returns how many there were */
async function tell(
  callback: Callback,
  losses: readonly number[],
): Promise<{ epochs: number; stopped: boolean }> {
  let [epochs, stopped] = [0, false];
  const training = { step, model, requestStop: () => void (stopped = true) };
  await callback.onTrainBegin?.(training);
  for (const loss of losses) {
    epochs++;
    tf.tidy(() => probe.assign(tf.fill(probe.shape, epochs)));
    await callback.onEpochEnd?.(epochOf(epochs, loss), training);
    if (stopped) break;
  }
  await callback.onTrainEnd?.(training);
  return { epochs, stopped };
}

test("earlyStopping() stops, and restores the best weights, as Keras' does", async () => {
  const tensors = memory().tensors;
  for (const { series: name, options, ...expected } of stopping) {
    const callback = earlyStopping({ ...options, restoreBestWeights: true });
    const told = await tell(callback, series[name] ?? []);
    const { bestEpoch } = callback;
    assert.deepEqual({ ...told, bestEpoch, restored: valuesOf(probe)[0] }, expected, `${name} ${JSON.stringify(options)}`); // prettier-ignore
  }
  assert.equal(memory().tensors, tensors);
});

test("reduceOnPlateau() lowers the rate as Keras' does", () => {
  for (const { series: name, options, rates } of reducing) {
    const callback = reduceOnPlateau(options);
    step.learningRateFactor = 1;
    const got = (series[name] ?? []).map((loss, i) => {
      void callback.onEpochEnd?.(epochOf(i + 1, loss, 0.01 * step.learningRateFactor), { step, model, requestStop: () => undefined }); // prettier-ignore
      return 0.01 * step.learningRateFactor;
    });
    rates.forEach((rate, i) => assert.ok(Math.abs((got[i] ?? NaN) - rate) <= 1e-6 * rate, `${name} ${i}: ${got[i]}, expected ${rate}`)); // prettier-ignore
  }
  step.learningRateFactor = 1;
});

test("NaN is never the best epoch", async () => {
  const callback = keepBest();
  await tell(callback, [NaN, 0.5, NaN, 0.6]);
  assert.deepEqual([callback.best, callback.bestEpoch, valuesOf(probe)[0]], [0.5, 2, 2]);
});

test("keepBest() keeps the best weights, saves them, gives them back at the end or before, and leaks nothing", async () => {
  const folder = temporaryFolder("keepbest");
  const tensors = memory().tensors;
  const callback = keepBest({ monitor: "validationLoss", path: `${folder}/` });
  await tell(callback, [0.9, 0.5, 0.7]);
  assert.deepEqual([callback.best, callback.bestEpoch, valuesOf(probe)[0]], [0.5, 2, 2]);
  assert.equal(latestCheckpoint(folder), join(folder, "model.ckpt-8"));
  const given = keepBest({ monitor: "trainLoss" });
  await given.onEpochEnd?.(epochOf(1, 0.5), { step, model, requestStop: () => undefined });
  tf.tidy(() => probe.assign(tf.zerosLike(probe)));
  given.restore();
  assert.equal(valuesOf(probe)[0], 2);
  assert.equal(memory().tensors, tensors);
});

test("csvLog() writes a header and a line for each epoch, and appends if asked to", async () => {
  const file = join(temporaryFolder("csvlog"), "log.csv");
  writeFileSync(file, "old\n");
  const header = "epoch,globalStep,trainLoss,trainAccuracy,seconds,imagesPerSecond,validationLoss,validationAccuracy,learningRate\n"; // prettier-ignore
  const callback = csvLog(file);
  await tell(callback, [0.9, 0.25]);
  const lines = "1,4,1,0.5,2,8,0.9,0.5,0.01\n2,8,1,0.5,2,8,0.25,0.5,0.01\n";
  assert.equal(readFileSync(file, "utf8"), header + lines);
  await tell(csvLog(file, { append: true }), [0.9, 0.25]);
  assert.equal(readFileSync(file, "utf8"), header + lines + lines);
  const other = join(temporaryFolder("csvlog"), "log.csv");
  await tell(csvLog(other, { append: true, separator: ";" }), [0.9]);
  assert.match(readFileSync(other, "utf8"), /^epoch;globalStep;.*\n1;4;1;0.5;2;8;0.9;0.5;0.01\n$/);
  await assert.rejects(tell(csvLog(join(file, "none")), [1]), /^Error: Cannot write epochs to ".*none": expected a file to write to, got /); // prettier-ignore
});

test("tensorboard() writes scalars of steps and of validations, as an Estimator does", async () => {
  const folder = temporaryFolder("tensorboard");
  const callback = tensorboard(folder, { everySteps: 2 });
  const training = { step, model, requestStop: () => undefined };
  for (const globalStep of [1, 2, 3, 4])
    await callback.onStep?.({ loss: 2, crossEntropy: globalStep, accuracy: 0.5, learningRate: 0.25, globalStep }, training); // prettier-ignore
  await callback.onEpochEnd?.({ ...epochOf(1, 0.75), metrics: { top5: 0.5 } }, training);
  await callback.onTrainEnd?.(training);
  const found = (await readScalars(folder)).map(({ run, tag, steps, values }) => [run, tag, steps, values]);
  assert.deepEqual(found.filter(([run, tag]) => run === "." && (tag === "crossEntropy" || tag === "learning_rate")).map(([, ...rest]) => rest), [["crossEntropy", [2, 4], [2, 4]], ["learning_rate", [2, 4], [0.25, 0.25]]]); // prettier-ignore
  assert.deepEqual((await readScalars(join(folder, "eval"))).map(({ tag, steps, values }) => [tag, steps, values]), [["crossEntropy", [4], [0.75]], ["accuracy", [4], [0.5]], ["top5", [4], [0.5]]]); // prettier-ignore
});

test("modelEma() averages all variables with a warm-up, lends them, and gives them to the model at the end", async () => {
  const own = thinModel({ architecture: "resnet_v1_14", seed: 2 });
  const training = createTrainStep(own, { learningRate: 0.1 });
  const [{ image }, label] = patternBatch("photos");
  const name = "resnet_v1_14/conv1/BatchNorm/moving_mean";
  const variable = own.variables.expect(name);
  await training(image, label);
  const tensors = memory().tensors;
  const ema = modelEma(own, { decay: 0.2 });
  const told = { step: training, model: own, requestStop: () => undefined };
  let expected = valuesOf(variable);
  for (const decay of [0.1, 2 / 11, 0.2, 0.2]) {
    const result = await training(image, label);
    await ema.onStep?.(result, told);
    const now = valuesOf(variable);
    expected = expected.map((value, i) => decay * value + (1 - decay) * (now[i] ?? NaN));
  }
  const averaged = ema.averages[name];
  assert.ok(averaged !== undefined);
  valuesOf(averaged).forEach((value, i) => assert.ok(Math.abs(value - (expected[i] ?? NaN)) <= 1e-5 * Math.abs(value) + 1e-6)); // prettier-ignore
  const weights = valuesOf(variable);
  await assert.rejects(ema.using(() => { assert.deepEqual(valuesOf(variable), valuesOf(averaged)); throw new Error("Enough"); }), { message: "Enough" }); // prettier-ignore
  assert.deepEqual(valuesOf(variable), weights);
  await ema.onTrainEnd?.(told);
  assert.deepEqual(valuesOf(variable), valuesOf(averaged));
  ema.dispose();
  assert.equal(memory().tensors, tensors);
  training.dispose();
  own.dispose();
});

test("callbacks refuse options that are none, and a number that the epochs lack", async () => {
  for (const [make, message] of [
    [
      () => earlyStopping({ patience: -1 }),
      "Cannot stop early: expected patience a whole number from 0 on, got -1",
    ],
    [() => earlyStopping({ minDelta: -1 }), "Cannot stop early: expected minDelta 0 or more, got -1"],
    [
      () => keepBest({ monitor: "speed" }),
      `Cannot keep the best weights: expected mode "min" or "max" with monitor "speed", whose name does not tell, got "auto"`,
    ],
    [
      () => reduceOnPlateau({ factor: 1 }),
      "Cannot reduce learning rates: expected factor in 0 … 1, but neither, got 1",
    ],
    [() => reduceOnPlateau({ minLr: -1 }), "Cannot reduce learning rates: expected minLr 0 or more, got -1"],
    [
      () => tensorboard("x", { everySteps: 0 }),
      "Cannot write summaries: expected everySteps a whole number from 1 on, got 0",
    ],
    [
      () => modelEma(model, { decay: 1 }),
      "Cannot average weights: expected decay in 0 … 1, but not 1, got 1",
    ],
  ] as const)
    // prettier-ignore
    assert.throws(make, { name: "RangeError", message });
  const { validationLoss: _, validationAccuracy: __, ...bare } = epochOf(1, 1);
  const told = { step, model, requestStop: () => undefined };
  await assert.rejects(async () => keepBest().onEpochEnd?.(bare, told), {
    message: `Cannot keep the best weights: expected monitor one of "epoch", "globalStep", "trainLoss", "trainAccuracy", "seconds", "imagesPerSecond", "learningRate", which the epoch has, got "validationLoss"; give the training a validation`,
  });
});
