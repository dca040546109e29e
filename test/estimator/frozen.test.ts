import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Estimator, trainAndEvaluate, type CacheFrozenOptions } from "../../src/estimator";
import { loadSavedModel } from "../../src/export";
import type { Model } from "../../src/model";
import type { tf } from "../../src/tensorflow";
import { temporaryFolder, thinInput, thinModelFn } from "./thin";

const folder = temporaryFolder();
const scopesToFreeze = ["conv1", "block1", "block2"].map((scope) => `resnet_v1_14/${scope}`);
const config = { saveCheckpointsSteps: 4, saveSummarySteps: 3 };
const valuesOf = (model: Model): number[][] =>
  model.variables.all().map(({ variable }) => [...variable.dataSync()]);

/** Trains to so many steps in a folder, as a new process would. @returns variables, losses, batches computed */
async function trainTo(
  modelDir: string,
  maxSteps: number,
  options: CacheFrozenOptions = {},
): Promise<{ values: number[][]; losses: number[]; computed: number }> {
  const modelFn = thinModelFn({ scopesToFreeze });
  const [estimator, input] = [new Estimator({ modelFn, modelDir, config }), thinInput("frozen", "train")];
  const [losses, counts]: [number[], number[]] = [[], []];
  const hook = { afterRun: ({ results }: { results: { loss: number } }) => void losses.push(results.loss) };
  const cacheFrozen = {
    views: 2,
    onProgress: ({ done }: { done: number }) => void counts.push(done),
    ...options,
  };
  await estimator.train({ inputFn: () => input.inputFn().take(3), maxSteps, hooks: [hook], cacheFrozen });
  const values = valuesOf(modelFn.model());
  await estimator.dispose();
  modelFn.dispose();
  input.dispose();
  return { values, losses, computed: counts.length };
}

test("an estimator runs frozen layers once, and a training that was stopped goes on exactly", async () => {
  const whole = await trainTo(join(folder, "whole"), 14);
  assert.deepEqual([whole.computed, whole.losses.length], [6, 14]);
  const stopped = join(folder, "stopped");
  const [first, second] = [await trainTo(stopped, 5), await trainTo(stopped, 14)];
  assert.deepEqual([first.computed, second.computed], [6, 0]);
  assert.deepEqual([...first.losses, ...second.losses], whole.losses);
  assert.deepEqual(second.values, whole.values);
  assert.ok(existsSync(join(stopped, "features", "features.json")));
  await assert.rejects(trainTo(stopped, 20, { views: 1 }), /expected in ".*" a checkpoint of this model and input, got another: .*features\(/); // prettier-ignore
});

test("evaluations and exports of such a training are of the whole model", async () => {
  const modelFn = thinModelFn({ scopesToFreeze });
  const estimator = new Estimator({ modelFn, modelDir: join(folder, "evaluated"), config });
  const [training, evaluating] = [thinInput("frozen", "train"), thinInput("others", "evaluate", 8)];
  const trainSpec = { inputFn: () => training.inputFn().take(3), maxSteps: 9, cacheFrozen: true };
  const { metrics } = await trainAndEvaluate(estimator, trainSpec, {
    inputFn: evaluating.inputFn,
    steps: null,
  });
  const again = await estimator.evaluate({ inputFn: evaluating.inputFn });
  assert.deepEqual(metrics, again);
  const exported = loadSavedModel(await estimator.exportSavedModel(join(folder, "exported")));
  exported.dispose();
  await estimator.dispose();
  modelFn.dispose();
  training.dispose();
  evaluating.dispose();
});

test("without a last step a training ends after an epoch of each view; nothing frozen is refused", async () => {
  const input = thinInput("frozen", "evaluate");
  const run = async (modelDir: string, frozen: string | readonly string[]): Promise<number> => {
    const modelFn = thinModelFn({ scopesToFreeze: frozen });
    const estimator = new Estimator({ modelFn, modelDir: join(folder, modelDir), config });
    try {
      const result = await estimator.train({ inputFn: input.inputFn, cacheFrozen: { views: 2 } });
      return result?.globalStep ?? 0;
    } finally {
      await estimator.dispose();
      modelFn.dispose();
    }
  };
  assert.equal(await run("epochs", scopesToFreeze), 6);
  await assert.rejects(run("none", []), /Cannot compute features: expected all frozen up to an endpoint, got "resnet_v1_14\/conv1\/weights"/); // prettier-ignore
  input.dispose();
});

test("an input of other elements is refused", async () => {
  const modelFn = thinModelFn({ scopesToFreeze });
  const estimator = new Estimator({ modelFn, modelDir: join(folder, "other"), config });
  const input = thinInput("frozen", "evaluate");
  const inputFn = () =>
    input.inputFn().map(([{ image }, label]): [tf.Tensor4D, tf.Tensor1D] => [image, label]);
  await assert.rejects(estimator.train({ inputFn, cacheFrozen: true }), /expected an input of \[\{ image \}, label\], as createInputFn\(\) gives/); // prettier-ignore
  await estimator.dispose();
  modelFn.dispose();
  input.dispose();
});
