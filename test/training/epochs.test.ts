import assert from "node:assert/strict";
import { test } from "node:test";
import { Dataset } from "../../src/input";
import { memory, tf } from "../../src/tensorflow";
import {
  createMetrics,
  createTrainStep,
  earlyStopping,
  evaluate,
  keepBest,
  topKMetric,
  train,
  type Batch,
  type Callback,
  type EpochResult,
} from "../../src/training";
import { patternBatch, thinModel } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const architecture = "resnet_v1_14";

/** Endless batches of 4, in a new order each epoch. */
function batches(): Dataset<Batch> {
  const [{ image }, label] = patternBatch("photos", 24);
  return Dataset.fromTensorSlices([{ image }, label] as const).shuffle(24, { seed: 3 }).repeat().batch(4); // prettier-ignore
}

function heldBack(): Dataset<Batch> {
  const [{ image }, label] = patternBatch("held back", 8);
  return Dataset.fromTensorSlices([{ image }, label] as const).batch(4);
}

type Told = Omit<EpochResult, "seconds" | "imagesPerSecond">;

function listener(): { readonly told: Told[]; readonly callback: Callback } {
  const told: Told[] = [];
  return {
    told,
    callback: { onEpochEnd: ({ seconds: _, imagesPerSecond: __, ...epoch }) => void told.push(epoch) },
  };
}

test("train() tells each epoch's means, its validation and metrics", async () => {
  const model = thinModel({ seed: 1, architecture });
  const step = createTrainStep(model, { learningRate: 0.02 });
  const { told, callback } = listener();
  const order: string[] = [];
  const watching: Callback = {
    onTrainBegin: () => void order.push("begin"),
    onStep: ({ globalStep }) => void order.push(`step ${globalStep}`),
    onEpochEnd: ({ epoch }) => void order.push(`epoch ${epoch}`),
    onTrainEnd: () => void order.push("end"),
  };
  const metrics = createMetrics({ top2: topKMetric({ k: 2 }) });
  const results = await train(step, batches(), { steps: 5, stepsPerEpoch: 2, validation: heldBack(), metrics, callbacks: [callback, watching] }); // prettier-ignore
  assert.deepEqual(order, ["begin", "step 1", "step 2", "epoch 1", "step 3", "step 4", "epoch 2", "step 5", "epoch 3", "end"]); // prettier-ignore
  const mean = (key: "crossEntropy" | "accuracy", from: number, to: number): number =>
    results.slice(from, to).reduce((sum, result) => sum + result[key], 0) / (to - from);
  const epochs = told.map(({ epoch, globalStep, trainLoss, trainAccuracy }) => [epoch, globalStep, trainLoss, trainAccuracy]); // prettier-ignore
  const expected = [[1, 2, 0, 2], [2, 4, 2, 4], [3, 5, 4, 5]] as const; // prettier-ignore
  assert.deepEqual(epochs, expected.map(([epoch, globalStep, from, to]) => [epoch, globalStep, mean("crossEntropy", from, to), mean("accuracy", from, to)])); // prettier-ignore
  const { crossEntropy, accuracy } = await evaluate(model, heldBack());
  const last = told.at(-1);
  assert.deepEqual([last?.validationLoss, last?.validationAccuracy], [crossEntropy, accuracy]);
  assert.deepEqual(Object.keys(last?.metrics ?? {}), ["top2"]);
  step.dispose();
  model.dispose();
});

test("train() ends when a callback asks, with the best weights of the epochs", async () => {
  const model = thinModel({ seed: 1, architecture });
  const step = createTrainStep(model, { learningRate: 0.5 });
  const { told, callback } = listener();
  const tensors = memory().tensors;
  const callbacks = [callback, earlyStopping({ patience: 2 }), keepBest()];
  await train(step, batches(), { steps: 40, stepsPerEpoch: 2, validation: heldBack(), callbacks });
  assert.ok(told.length < 20, `${told.length} epochs`);
  const best = Math.min(...told.map(({ validationLoss }) => validationLoss ?? NaN));
  assert.equal((await evaluate(model, heldBack())).crossEntropy, best);
  assert.ok(memory().tensors - tensors <= 8, "but for what datasets hold");
  step.dispose();
  model.dispose();
});

test("an interrupt anywhere, then on: the epochs are those of a training without", async () => {
  const run = async (stops: readonly string[]): Promise<readonly Told[]> => {
    const model = thinModel({ seed: 1, architecture });
    const step = createTrainStep(model, { learningRate: 0.02 });
    const { told, callback } = listener();
    const [from, left] = [batches().iterator(), new Set(stops)];
    let controller = new AbortController();
    const stop = (at: string): void => void (left.delete(at) && controller.abort(new Error(at)));
    const validation = heldBack().map((batch) => batch);
    const watching: Callback = { onStep: ({ globalStep }) => stop(`step ${globalStep}`), onEpochEnd: ({ epoch }) => stop(`epoch ${epoch}`) }; // prettier-ignore
    for (;;) {
      const options = {
        steps: 6 - step.globalStep,
        stepsPerEpoch: 3,
        validation,
        callbacks: [callback, watching],
      };
      const ended = await train(step, from, { ...options, signal: controller.signal }).then(
        () => true,
        (error: unknown) => {
          // prettier-ignore
          assert.equal(error, controller.signal.reason);
          return false;
        },
      );
      if (ended) break;
      controller = new AbortController();
      await evaluate(model, heldBack()); // a look
    }
    assert.equal(left.size, 0);
    from.dispose();
    step.dispose();
    model.dispose();
    return told;
  };
  const expected = await run([]);
  assert.equal(expected.length, 2);
  assert.deepEqual(await run(["step 1", "step 3", "epoch 1", "step 4", "step 6"]), expected);
});

test("an epoch counts images, whether their labels are classes or shares of them", async () => {
  const model = thinModel({ seed: 1, architecture });
  const step = createTrainStep(model, { learningRate: 0.02 });
  const soft = batches().map(([images, label]): [typeof images, tf.Tensor2D] => [images, tf.oneHot(label, 5).toFloat().as2D(4, 5)]); // prettier-ignore
  const [epochs, seconds]: [EpochResult[], number] = [[], performance.now()];
  await train(step, soft, { steps: 3, callbacks: [{ onEpochEnd: (epoch) => void epochs.push(epoch) }] });
  const most = (performance.now() - seconds) / 1000;
  const [{ imagesPerSecond, seconds: taken } = { imagesPerSecond: NaN, seconds: NaN }] = epochs;
  assert.ok(
    Math.abs(imagesPerSecond * taken - 12) < 0.1 && taken <= most,
    `${imagesPerSecond * taken} images`,
  );
  step.dispose();
  model.dispose();
});

test("train() refuses an epoch of no steps", async () => {
  const model = thinModel({ architecture });
  const step = createTrainStep(model);
  await assert.rejects(train(step, batches(), { steps: 1, stepsPerEpoch: 0 }), {
    name: "RangeError",
    message: "Cannot train: expected stepsPerEpoch a whole number from 1 on, got 0",
  });
  step.dispose();
  model.dispose();
});
