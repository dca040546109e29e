import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { lrFind } from "../../src/finetune";
import { suggestionsOf } from "../../src/finetune/suggest";
import { createSweep } from "../../src/finetune/sweep";
import { Dataset } from "../../src/input";
import type { Model } from "../../src/model";
import { memory, tf } from "../../src/tensorflow";
import { adamOptimizer, createTrainStep, type Batch, type TrainStep } from "../../src/training";
import { readFixture } from "../fixtures";
import { batchesOf, patternBatch, thinModel, valuesOf } from "../training/thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

interface SweepFixture {
  readonly given: readonly (number | null)[];
  readonly rates: readonly number[];
  readonly losses: readonly (number | null)[];
  readonly suggested: Readonly<Record<string, number>>;
}

const fixture = readFixture<Readonly<Record<string, SweepFixture>>>("lrfind");
const numIt = 100;
const rateAt = (step: number): number => 1e-7 * 1e8 ** (step / numIt);

function expectNear(actual: readonly number[], expected: readonly number[], part: number): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    const got = actual[i] ?? NaN;
    const isNear = Number.isNaN(value) ? Number.isNaN(got) : Math.abs(got - value) <= part * Math.abs(value);
    assert.ok(isNear, `${i}: ${got}, expected ${value}`);
  });
}

for (const [name, { given, rates, losses, suggested }] of Object.entries(fixture))
  test(`a sweep smooths, ends and suggests as fastai's: ${name}`, () => {
    const sweep = createSweep({ numIt, stopDiv: true, rateAt });
    for (const loss of given) if (!sweep.isDone()) sweep.add(loss ?? NaN);
    const { curve } = sweep;
    expectNear(curve.map(({ learningRate }) => learningRate), rates, 1e-6); // prettier-ignore
    expectNear(curve.map(({ loss }) => loss), losses.map((loss) => loss ?? NaN), 3e-6); // prettier-ignore
    const recorded = curve.map((point, i) => ({ ...point, loss: losses[i] ?? NaN }));
    const { valley, steep, minimum } = suggestionsOf(recorded, numIt);
    const expected = ["valley", "steep", "minimum"].map((one) => suggested[one] ?? NaN);
    expectNear([valley, steep, minimum], expected, 1e-6);
  });

/** Endless shuffled batches. */
function endless(): Dataset<Batch> {
  const [{ image }, label] = patternBatch("photos", 24);
  return Dataset.fromTensorSlices([{ image }, label] as const).shuffle(24, { seed: 3 }).repeat().batch(4); // prettier-ignore
}

function stateOf(model: Model, step: TrainStep): unknown {
  const slots = Object.entries(step.slots).map(([name, slot]) => [name, valuesOf(slot)]);
  const variables = model.variables.all().map(({ name, variable }) => [name, valuesOf(variable)]);
  return [step.globalStep, variables, slots];
}

test("lrFind() sweeps, leaves weights, moving averages, global step and optimizer to the bit, and leaks nothing", async () => {
  const model = thinModel({ seed: 1 });
  const step = createTrainStep(model, { learningRate: 0.05 });
  const [[{ image }, label], batches] = [patternBatch("first"), endless()];
  await step(image, label);
  const before = stateOf(model, step);
  const tensors = memory().tensors;
  const progress: number[] = [];
  const options = { numIt: 24, startLr: 1e-4, optimizer: adamOptimizer() };
  const found = await lrFind(model, batches, { ...options, onProgress: ({ done }) => progress.push(done) });
  assert.deepEqual(stateOf(model, step), before);
  assert.equal(memory().tensors, tensors);
  assert.equal(progress.at(-1), 24);
  const { learningRates, losses, valley, steep, minimum } = found;
  assert.equal(losses.length, learningRates.length);
  assert.equal(learningRates[0], 1e-4);
  for (const rate of [valley, steep, minimum * 10]) assert.ok(learningRates.includes(rate) || learningRates.some((one) => Math.abs(one / rate - 1) < 1e-12)); // prettier-ignore
  const again = await lrFind(model, endless(), options);
  assert.deepEqual(again.losses, losses, "the same sweep gives the same curve");
  step.dispose();
  model.dispose();
});

test("lrFind() reads a dataset anew when it ends, and each rate is the step's own", async () => {
  const model = thinModel({ seed: 1 });
  const [{ image }, label] = patternBatch("photos", 8);
  const twoBatches: Dataset<Batch> = Dataset.fromTensorSlices([{ image }, label] as const).batch(4);
  const { losses } = await lrFind(model, twoBatches, { numIt: 12, startLr: 1e-6, endLr: 1e-1 });
  assert.equal(losses.length, 12);
  const step = createTrainStep(model, { learningRate: (at) => 1e-6 * 1e5 ** (at / 12) });
  let mean = 0;
  for (let i = 0; i < 12; i++) {
    const part = [i % 2 === 0 ? 0 : 4, 4] as const;
    const { crossEntropy } = await step(image.slice(...part), label.slice(...part));
    mean = 0.98 * mean + 0.02 * crossEntropy;
    expectNear([losses[i] ?? NaN], [mean / (1 - 0.98 ** (i + 1))], 1e-6);
  }
  step.dispose();
  model.dispose();
});

test("lrFind() leaves the model as it was after an interrupt and after an error", async () => {
  const model = thinModel({ seed: 1 });
  const step = createTrainStep(model);
  const before = stateOf(model, step);
  const tensors = memory().tensors;
  const stop = new AbortController();
  const batches = batchesOf("a", "b", "c", "d", "e");
  const onProgress = ({ done }: { readonly done: number }): void => void (done === 3 && stop.abort(new Error("Enough"))); // prettier-ignore
  await assert.rejects(lrFind(model, batches, { startLr: 0.1, onProgress, signal: stop.signal }), { message: "Enough" }); // prettier-ignore
  await batches.return(undefined); // which was left open
  assert.deepEqual(stateOf(model, step), before);
  await assert.rejects(lrFind(model, batchesOf("a", "b"), { startLr: 0.1 }), {
    message:
      "Cannot find a learning rate: expected batches for 100 steps, got 2 before the iterator ended; give the dataset, which is read anew",
  });
  assert.deepEqual(stateOf(model, step), before);
  assert.equal(memory().tensors, tensors);
  step.dispose();
  model.dispose();
});

test("what lrFind() found is a figure on a logarithmic axis with the suggestions marked, and a table", async () => {
  const model = thinModel({ seed: 1 });
  const [{ image }, label] = patternBatch("photos");
  const batches: Dataset<Batch> = Dataset.fromTensorSlices([{ image }, label] as const).batch(4);
  const found = await lrFind(model, batches, { numIt: 20, startLr: 1e-5, endLr: 1 });
  const { data, layout } = found.figure();
  assert.deepEqual(layout["xaxis"], { type: "log", title: { text: "learning rate" }, exponentformat: "power", dtick: 1 }); // prettier-ignore
  assert.deepEqual(
    data.map(({ name, x }) => [String(name).split(":")[0], Array.isArray(x) ? x.length : 0]),
    [
      ["cross-entropy, smoothed", found.losses.length],
      ["valley", 1],
      ["steep", 1],
      ["minimum / 10", 1],
    ],
  );
  const bundle = bundleOf(found);
  assert.match(
    bundle["text/plain"],
    /^Learning rates by a sweep of \d+ steps\nsuggestion +learning rate +loss\nvalley /,
  );
  assert.ok("application/vnd.plotly.v1+json" in bundle);
  model.dispose();
  tf.dispose([image, label]);
});

test("lrFind() refuses a sweep that is none, and says when the loss diverges at once", async () => {
  const model = thinModel();
  const cannot = "Cannot find a learning rate: expected";
  for (const [options, message] of [
    [{ startLr: 0 }, `${cannot} startLr above 0, got 0`],
    [{ startLr: 1, endLr: 1 }, `${cannot} endLr above startLr, 1, got 1`],
    [{ numIt: 5 }, `${cannot} numIt a whole number from 6 on, got 5`],
  ] as const)
    await assert.rejects(lrFind(model, endless(), options), { name: "RangeError", message });
  await assert.rejects(lrFind(model, endless(), { startLr: 1e6, endLr: 1e7, numIt: 10 }), /^RangeError: Cannot suggest a learning rate: expected 2 losses or more after the first 1 and before the last 5 of the sweep, got \d: it diverged at once; begin with a smaller startLr$/); // prettier-ignore
  model.dispose();
});

test("lrFind() tells an input that is none, an iterator that ends, and an optimizer with a rate of its own", async () => {
  const model = thinModel({ architecture: "resnet_v1_14" });
  const cannot = "Cannot find a learning rate: expected";
  const numIt = 6;
  const adam = tf.train.adam(0.1);
  for (const [input, options, message] of [
    [undefined, { numIt }, `${cannot} a dataset of batches, got undefined`],
    [batchesOf, { numIt }, `${cannot} a dataset of batches, got a function; call it for its dataset`],
    [batchesOf("a", "b"), { numIt }, `${cannot} batches for 6 steps, got 2 before the iterator ended; give the dataset, which is read anew`], // prettier-ignore
    [batchesOf("a"), { optimizer: adam }, `${cannot} an optimizer whose rate the sweep sets, such as adamOptimizer(), got tfjs's Adam, which has its own`], // prettier-ignore
    [batchesOf("a"), { startLr: "1e-3" }, `${cannot} startLr to be a number, got '1e-3'`],
  ] as const)
    await assert.rejects(async () => void (await Reflect.apply(lrFind, undefined, [model, input, options])), {
      message,
    });
  adam.dispose();
  model.dispose();
});
