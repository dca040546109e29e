import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { Estimator, trainAndEvaluate } from "../../src/estimator";
import { openCheckpoint } from "../../src/tensorflow";
import { earlyStopping, keepBest, type Callback, type EpochResult } from "../../src/training";
import { temporaryFolder, thinInput, thinModelFn } from "./thin";

const folder = temporaryFolder();

function headIn(checkpoint: string): number[] {
  const reader = openCheckpoint(checkpoint);
  const value = reader.read("Predict/logits/weights");
  reader.close();
  const values = [...value.dataSync()];
  value.dispose();
  return values;
}

test("an Estimator takes the callbacks of train(): its epochs lie between evaluations", async () => {
  const [training, evaluating] = [thinInput("callbacks", "train"), thinInput("eval", "evaluate")];
  const modelFn = thinModelFn({ learningRate: 0.3 });
  const modelDir = join(folder, "callbacks");
  const estimator = new Estimator({ modelFn, modelDir, config: { saveCheckpointsSteps: 2, keepCheckpointMax: 0 } }); // prettier-ignore
  const epochs: EpochResult[] = [];
  const turns: string[] = [];
  const watching: Callback = {
    onTrainBegin: ({ lastStep }) => void turns.push(`begin, to ${lastStep}`),
    onStep: ({ globalStep }) => void turns.push(`step ${globalStep}`),
    onEpochEnd: (epoch) => {
      epochs.push(epoch);
      turns.push(`epoch ${epoch.epoch}`);
    },
    onTrainEnd: () => void turns.push("end"),
  };
  const best = keepBest();
  const callbacks = [watching, best, earlyStopping({ patience: 2 })];
  const trainSpec = { inputFn: training.inputFn, maxSteps: 40, callbacks };
  const evalSpec = { inputFn: evaluating.inputFn, steps: null, everySteps: 2 };
  const { metrics } = await trainAndEvaluate(estimator, trainSpec, evalSpec);
  assert.deepEqual(turns.slice(0, 7), [
    "begin, to 40",
    "step 1",
    "step 2",
    "epoch 1",
    "step 3",
    "step 4",
    "epoch 2",
  ]);
  assert.equal(turns.at(-1), "end");
  assert.ok(epochs.length < 20, `${epochs.length} epochs: stopped early`);
  const last = epochs.at(-1);
  assert.deepEqual(
    [last?.validationLoss, last?.validationAccuracy],
    [metrics?.crossEntropy, metrics?.["accuracy"]],
  );
  const step = last?.globalStep ?? 0;
  const bestStep = 2 * (best.bestEpoch ?? 0);
  assert.ok(bestStep < step);
  assert.deepEqual(headIn(join(modelDir, `model.ckpt-${step}`)), headIn(join(modelDir, `model.ckpt-${bestStep}`)), "the last checkpoint has the best weights"); // prettier-ignore
  await estimator.dispose();
  modelFn.dispose();
  training.dispose();
  evaluating.dispose();
});

test("Estimator.train() by itself is one epoch without validation", async () => {
  const training = thinInput("callbacks", "train");
  const modelFn = thinModelFn();
  const estimator = new Estimator({ modelFn, modelDir: join(folder, "alone") });
  const epochs: EpochResult[] = [];
  const callbacks: Callback[] = [
    { onEpochEnd: (epoch) => void epochs.push(epoch) },
    { onStep: ({ globalStep }, { requestStop }) => void (globalStep === 3 && requestStop()) },
  ];
  await estimator.train({ inputFn: training.inputFn, maxSteps: 9, callbacks });
  assert.deepEqual(epochs.map(({ epoch, globalStep, validationLoss }) => [epoch, globalStep, validationLoss]), [[1, 3, undefined]]); // prettier-ignore
  await estimator.dispose();
  modelFn.dispose();
  training.dispose();
});
