/** A network trained: eager and compiled, with parts of it frozen, gone on with, on features, fine-tuned. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createModelFn, Estimator } from "../../src/estimator";
import { fineTune } from "../../src/finetune";
import { Dataset } from "../../src/input";
import type { Model } from "../../src/model";
import { tf } from "../../src/tensorflow";
import {
  adamOptimizer,
  createTrainStep,
  features,
  train,
  type Batch,
  type StepResult,
} from "../../src/training";
import { pattern } from "../patterns";
import { temporaryFolder } from "../temporary";
import { batchOf, thinModel, thinOptions, valuesOf, type Form } from "./forms";

/** Of a batch that stays the loss falls, and compiled it is what it is eager. */
export async function learns(form: Form): Promise<void> {
  const model = thinModel(form, { dropoutKeepProb: 1 });
  const { images, labels } = batchOf(model);
  const eager = createTrainStep(model, { optimizer: adamOptimizer(), learningRate: 1e-30, eager: true });
  const step = createTrainStep(model, { optimizer: adamOptimizer(), learningRate: 1e-4 });
  const expected = await eager(images, labels);
  const losses: number[] = [];
  for (let i = 0; i < 6; i++) losses.push((await step(images, labels)).loss);
  const [first = NaN, ...later] = losses;
  assert.ok(Math.abs(first - expected.loss) <= 1e-3 * Math.abs(first), `${first} and eager ${expected.loss}`);
  assert.ok(Math.min(...later) < first, losses.join(", "));
  for (const one of [eager, step, images, labels, model]) one.dispose();
}

/** What is frozen by its scope stays to the bit, moving statistics too, and all else moves: the head alone, then the last block with it. */
export async function freezes(form: Form): Promise<void> {
  const model = thinModel(form);
  const { images, labels } = batchOf(model);
  for (const trained of [["Predict"], ["Predict", lastScope(model)]]) {
    const before = valuesOf(model);
    const step = createTrainStep(model, { trainableScopes: trained, learningRate: 1e-2 });
    for (let i = 0; i < 2; i++) await step(images, labels);
    step.dispose();
    for (const [name, value] of valuesOf(model)) {
      const isTrained = trained.some((scope) => name.startsWith(`${scope}/`));
      const what = `${name} of ${trained.join(", ")}`;
      if (isTrained) assert.notDeepEqual(value, before.get(name), what);
      else assert.deepEqual(value, before.get(name), what);
    }
  }
  const scope = `${networkScope(model)}/nowhere`;
  for (const unknown of [{ trainableScopes: scope }, { scopesToFreeze: scope }])
    assert.throws(() => createTrainStep(model, unknown), {
      name: "RangeError",
      message: new RegExp(`expected a scope of the network, such as .*, got "${scope}"`),
    });
  for (const one of [images, labels, model]) one.dispose();
}

/**
 * A head learns the same from features as from images, but for rounding, which deep networks whose statistics are of four images
 * make larger: moved by 1e-7, the weights of inception_v3 move what it pools by 6e-4 of its size, those of inception_v4 by 6e-3.
 */
export async function hasFeatures(form: Form): Promise<void> {
  const model = thinModel(form, { dropoutKeepProb: 1 });
  const frozen = { scopesToFreeze: networkScope(model) };
  const { data, dispose } = dataOf(model);
  const known = await features(model, data, frozen);
  assert.equal(known.endpoint, "global_pool");
  const ofFeatures = createTrainStep(model, { ...frozen, learningRate: 1e-30 });
  const ofImages = createTrainStep(model, { ...frozen, learningRate: 1e-30 });
  const [results, expected] = [await train(ofFeatures, known), await train(ofImages, data)];
  moveWeights(model);
  const moved = await train(ofImages, data);
  const difference = (a: readonly StepResult[], b: readonly StepResult[]): number =>
    Math.max(...a.map(({ crossEntropy }, i) => Math.abs(crossEntropy - (b[i]?.crossEntropy ?? NaN))));
  const rounding = difference(moved, expected);
  const tolerance = 1e-4 * Math.max(1, ...expected.map(({ crossEntropy }) => crossEntropy)) + 10 * rounding;
  const got = difference(results, expected);
  assert.ok(got <= tolerance, `${got} apart, and by rounding ${rounding}`);
  assert.equal(results.length, 2);
  for (const one of [ofFeatures, ofImages, known, model]) one.dispose();
  dispose();
}

/** What an Estimator goes on with from a checkpoint is what one that was not stopped has, to the bit. */
export async function goesOn(form: Form): Promise<void> {
  const root = temporaryFolder("every");
  const options = thinOptions(form);
  const values: ReadonlyMap<string, Float32Array>[] = [];
  for (const stops of [[1, 2], [2]]) {
    const modelDir = join(root, String(stops.length));
    for (const maxSteps of stops) {
      const modelFn = createModelFn({ model: { ...options, seed: 3 }, learningRate: 1e-3 });
      const estimator = new Estimator({ modelFn, modelDir });
      const { data, dispose } = dataOf(modelFn.model());
      const inputFn = (): Dataset<Batch> => data;
      await estimator.train({ inputFn, maxSteps });
      const { loss } = await estimator.evaluate({ inputFn });
      assert.ok(Number.isFinite(loss), String(loss));
      if (maxSteps === 2) values.push(valuesOf(modelFn.model()));
      await estimator.dispose();
      modelFn.dispose();
      dispose();
    }
  }
  assert.deepEqual(values[0], values[1]);
}

/** An epoch of the head and one of all, of which the best is kept. */
export async function isFineTuned(form: Form): Promise<void> {
  const model = thinModel(form, { isTraining: true });
  const { data, dispose } = dataOf(model);
  const { epochs, bestEpoch } = await fineTune(model, { train: data, validation: data, epochs: 1 });
  assert.equal(epochs.length, 2);
  assert.ok(bestEpoch !== undefined && epochs.every(({ trainLoss }) => Number.isFinite(trainLoss)));
  model.dispose();
  dispose();
}

/** Moves all weights as rounding does. */
function moveWeights(model: Model): void {
  tf.tidy(() => {
    for (const { name, variable } of model.variables.all()) {
      const signs = pattern(name, variable.shape).map((value) => 1 + Math.sign(value) * 2 ** -23);
      if (name.endsWith("weights")) variable.assign(variable.mul(tf.tensor(signs, variable.shape)));
    }
  });
}

/** Two batches of two, in their order. */
function dataOf(model: Model): { readonly data: Dataset<Batch>; dispose(): void } {
  const { images, labels } = batchOf(model);
  const data = Dataset.fromTensorSlices([{ image: images }, labels] as const).batch(2);
  const dispose = (): void => {
    data.dispose();
    tf.dispose([images, labels]);
  };
  return { data, dispose };
}

/** The scope that all but the head is in. */
export function networkScope({ declaration }: Model): string {
  return declaration.variables[0]?.name.split("/")[0] ?? "";
}

function lastScope({ declaration }: Model): string {
  return (declaration.variables.at(-1)?.name ?? "").split("/").slice(0, 2).join("/");
}
