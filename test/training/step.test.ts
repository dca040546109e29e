import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../src/model/model";
import { memory, tf } from "../../src/tensorflow";
import {
  configureLearningRate,
  createTrainStep,
  momentumOptimizer,
  type StepResult,
  type TrainStep,
} from "../../src/training";
import { settleBeforeEach, settled } from "../settled";
import { until } from "../until";
import { patternBatch, thinModel, valuesOf } from "./thin";

settleBeforeEach();

const NETWORK = "resnet_v1_50";

/** Steps on the same three batches, over and over. */
async function takeSteps(step: TrainStep, count: number): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (let i = 0; i < count; i++) {
    const [{ image }, labels] = patternBatch(`step/${i % 3}`);
    results.push(await step(image, labels));
    tf.dispose([image, labels]);
  }
  return results;
}

function snapshot(model: Model): ReadonlyMap<string, readonly number[]> {
  return new Map(model.variables.all().map(({ name, variable }) => [name, valuesOf(variable)]));
}

function greatestDifference(a: readonly number[], b: readonly number[]): number {
  const size = Math.max(1e-3, ...a.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN)))) / size;
}

test("createTrainStep() learns three batches by heart and counts its steps", async () => {
  const model = thinModel();
  const step = createTrainStep(model, { learningRate: 0.005 });
  const results = await takeSteps(step, 60);
  assert.deepEqual([results[0]?.globalStep, results[59]?.globalStep, step.globalStep], [1, 60, 60]);
  const [first, last] = [results[0], results[59]];
  assert.ok(first !== undefined && last !== undefined);
  assert.ok(last.crossEntropy < 0.2 * first.crossEntropy, `${first.crossEntropy} to ${last.crossEntropy}`);
  assert.equal(last.accuracy, 1);
  assert.ok(Math.abs(first.loss - first.crossEntropy) > 1e-4, "weight decay is in the loss");
  assert.equal(step.signatures().length, 1);
  step.dispose();
  model.dispose();
});

test("a tensor that shares a variable's memory keeps its values through steps, taken before one or while it runs", async () => {
  const [model, other] = [thinModel(), thinModel()];
  const [step, reference] = [createTrainStep(model), createTrainStep(other)];
  other.variables.all().forEach(({ variable }, i) => variable.assign(model.variables.all()[i]?.variable ?? variable)); // prettier-ignore
  const all = [...model.variables.all().map(({ variable }) => variable), ...Object.values(step.slots)];
  const held = all.map((variable) => variable.clone());
  const kept = held.map(valuesOf);
  await takeSteps(step, 2);
  held.forEach((tensor, i) => assert.deepEqual(valuesOf(tensor), kept[i])); // prettier-ignore
  const [{ image }, labels] = patternBatch("step/2");
  const before = all.map(valuesOf);
  const running = step(image, labels);
  await new Promise(setImmediate);
  const meanwhile = all.map((variable) => variable.clone());
  await running;
  const isNew = valuesOf(meanwhile[0] ?? image).join() !== before[0]?.join();
  meanwhile.forEach((tensor, i) => assert.deepEqual(valuesOf(tensor), isNew ? valuesOf(all[i] ?? tensor) : before[i])); // prettier-ignore
  await takeSteps(reference, 3);
  assert.deepEqual(snapshot(model), snapshot(other));
  tf.dispose([held, meanwhile, image, labels]);
  for (const one of [step, reference, model, other]) one.dispose();
});

test("createTrainStep() compiled equals createTrainStep() eager", async () => {
  const options = { learningRate: 0.01, scopesToFreeze: `${NETWORK}/block1` };
  const [model, eagerModel] = [thinModel({ isTraining: true }), thinModel({ isTraining: true })];
  const { tensors } = memory();
  const step = createTrainStep(model, options);
  const eagerStep = createTrainStep(eagerModel, { ...options, eager: true });
  const pairs = [
    ...model.variables
      .all()
      .map(({ name, variable }) => [variable, eagerModel.variables.expect(name)] as const),
    ...Object.keys(step.slots).map((name) => [step.slots[name], eagerStep.slots[name]] as const),
  ];
  assert.ok(`${NETWORK}/conv1/weights/Momentum` in step.slots);
  for (const name of ["step/0", "step/1", "step/2"]) {
    const [{ image }, labels] = patternBatch(name);
    const [compiled, eager] = [await step(image, labels), await eagerStep(image, labels)];
    assert.ok(Math.abs(compiled.loss - eager.loss) <= 1e-6 * eager.loss, `${compiled.loss} ${eager.loss}`);
    assert.deepEqual({ ...compiled, loss: 0, crossEntropy: 0 }, { ...eager, loss: 0, crossEntropy: 0 });
    for (const [one, other] of pairs) {
      assert.ok(one !== undefined && other !== undefined);
      assert.ok(greatestDifference(valuesOf(other), valuesOf(one)) < 1e-5, one.name);
      other.assign(one); // from here on rounding would grow: both go on from the same state
    }
    tf.dispose([image, labels]);
  }
  step.dispose();
  eagerStep.dispose();
  assert.equal(memory().tensors, tensors);
});

test("createTrainStep() gives the gradient of the loss, by finite differences", async () => {
  const model = thinModel();
  const [{ image }, labels] = patternBatch("differences");
  const difference = async (name: string, step: TrainStep, distance: number): Promise<void> => {
    const variable = model.variables.expect(name);
    const inspected = await step.inspect(image, labels);
    const gradient = inspected.gradients[name];
    assert.ok(gradient !== undefined);
    const norm = Math.sqrt(valuesOf(gradient).reduce((sum, value) => sum + value * value, 0));
    const value = variable.clone();
    const lossAt = async (along: number): Promise<number> => {
      variable.assign(tf.tidy(() => value.add(gradient.mul(along / norm))));
      const inspection = await step.inspect(image, labels);
      inspection.dispose();
      return inspection.loss;
    };
    const slope = ((await lossAt(distance)) - (await lossAt(-distance))) / (2 * distance);
    variable.assign(value);
    inspected.dispose();
    assert.ok(Math.abs(slope - norm) < 0.02 * norm, `${name}: slope ${slope}, gradient ${norm}`);
  };
  const whole = createTrainStep(model);
  await difference("Predict/logits/weights", whole, 1e-2);
  await difference(`${NETWORK}/block4/unit_3/bottleneck_v1/conv3/BatchNorm/gamma`, whole, 1e-2);
  const trainableScopes = `${NETWORK}/block4/unit_2`; // through frozen batch norms, activations grow large
  const inner = createTrainStep(model, { trainableScopes });
  await difference(`${NETWORK}/block4/unit_2/bottleneck_v1/conv2/weights`, inner, 3e-4);
});

test("createTrainStep() leaves frozen scopes and their moving statistics alone", async () => {
  const model = thinModel();
  const scopesToFreeze = `${NETWORK}/conv1,${NETWORK}/block1,${NETWORK}/block2/unit_1`;
  const step = createTrainStep(model, { scopesToFreeze });
  const before = snapshot(model);
  await takeSteps(step, 2);
  const isFrozen = (name: string): boolean =>
    scopesToFreeze.split(",").some((scope) => name.startsWith(`${scope}/`));
  for (const [name, values] of snapshot(model)) {
    const isSame = greatestDifference([...(before.get(name) ?? [])], [...values]) === 0;
    assert.equal(isSame, isFrozen(name), name);
  }
  assert.equal(step.trained.length, 116);
  step.dispose();
});

test("createTrainStep() computes no backward pass below the lowest trained layer", async () => {
  const gradients = async (scopesToFreeze: string): Promise<number> => {
    const model = thinModel();
    const step = createTrainStep(model, { scopesToFreeze });
    await takeSteps(step, 1);
    const graph = Buffer.from(step.graph()).toString("latin1");
    step.dispose();
    model.dispose();
    return graph.match(/Conv2DBackprop|WinogradFilterGrad/g)?.length ?? 0;
  };
  const whole = await gradients("");
  const half = await gradients(`${NETWORK}/conv1,${NETWORK}/block1,${NETWORK}/block2`);
  const head = await gradients(NETWORK);
  assert.ok(half > 0 && half < 0.6 * whole, `${half} of ${whole}`);
  assert.equal(head, 0);
});

test("createTrainStep() follows a schedule without a new recording, from a global step on", async () => {
  const learningRate = configureLearningRate({ learningRate: 0.1, decaySteps: 2, decayRate: 0.5 });
  const step = createTrainStep(thinModel(), { learningRate, globalStep: 3 });
  const rates = (await takeSteps(step, 4)).map((result) => result.learningRate);
  assert.deepEqual(rates, [0.05, 0.025, 0.025, 0.0125]);
  assert.equal(step.globalStep, 7);
  assert.equal(step.signatures().length, 1);
  step.dispose();
});

test("createTrainStep() trains with an optimizer of tfjs, compiled as eagerly", async () => {
  const losses = await Promise.all(
    [false, true].map(async (eager) => {
      const step = createTrainStep(thinModel(), {
        optimizer: tf.train.adam(0.003),
        eager,
        scopesToFreeze: NETWORK,
      });
      const results = await takeSteps(step, 6);
      assert.equal(results[0]?.learningRate, 0.003);
      step.dispose();
      return results.map(({ loss }) => loss);
    }),
  );
  const [compiled = [], eager = []] = losses;
  assert.ok(greatestDifference(eager, compiled) < 1e-4, `${eager.join()} ${compiled.join()}`);
  assert.notEqual(compiled[0], compiled[3], "the same batch after three updates");
});

test("createTrainStep() crops and mirrors by its seed and the step", async () => {
  const run = async (seed: number): Promise<number[]> => {
    const step = createTrainStep(thinModel({ isTraining: true, fixedResizeSide: 40 }), {
      seed,
      learningRate: 0,
    });
    const [{ image }, labels] = patternBatch("crops", 4, 64);
    const results = [await step(image, labels), await step(image, labels)];
    step.dispose();
    return results.map(({ loss }) => loss);
  };
  const first = await run(1);
  assert.deepEqual(await run(1), first);
  assert.notDeepEqual(await run(2), first);
  assert.notEqual(first[0], first[1]);
});

test("inspect() shows logits, endpoints and gradients of a step, and changes nothing", async () => {
  const model = thinModel();
  const step = createTrainStep(model, { learningRate: 0.5, scopesToFreeze: `${NETWORK}/block1` });
  const [{ image }, labels] = patternBatch("inspect");
  const [before, tensors] = [snapshot(model), memory().tensors];
  const inspection = await step.inspect(image, labels);
  assert.deepEqual(snapshot(model), before);
  assert.deepEqual([inspection.globalStep, step.globalStep, inspection.learningRate], [1, 0, 0.5]);
  assert.deepEqual(inspection.logits.shape, [4, 5]);
  assert.deepEqual(inspection.endpoints[`${NETWORK}/block4`]?.shape, [4, 1, 1, 128]);
  assert.deepEqual(
    Object.keys(inspection.gradients),
    step.trained.map(({ name }) => name),
  );
  inspection.dispose();
  assert.equal(memory().tensors, tensors);
  const { loss } = await step(image, labels);
  assert.ok(Math.abs(loss - inspection.loss) < 1e-5 * loss);
  step.dispose();
});

test("createTrainStep() runs calls that overlap one after the other", async () => {
  const step = createTrainStep(thinModel());
  const [{ image }, labels] = patternBatch("overlap");
  const results = await Promise.all([step(image, labels), step(image, labels), step(image, labels)]);
  assert.deepEqual(
    results.map(({ globalStep }) => globalStep),
    [1, 2, 3],
  );
  step.dispose();
});

test("createTrainStep() refuses what it can't train", async () => {
  const model = thinModel();
  assert.throws(() => createTrainStep(model, { scopesToFreeze: [NETWORK, "Predict"] }), {
    name: "RangeError",
    message: "Cannot create train step: expected variables to train, got all of them frozen",
  });
  const adam = tf.train.adam(0.1);
  assert.throws(() => createTrainStep(model, { optimizer: adam, learningRate: 0.1 }), {
    message: "Cannot create train step: expected the learning rate in the tfjs optimizer, got both",
  });
  assert.throws(() => createTrainStep(model, { optimizer: momentumOptimizer(), momentum: 0.1 }), {
    message: "Cannot create train step: expected the momentum in the optimizer, got both",
  });
  const step = createTrainStep(model);
  const [{ image }, labels] = patternBatch("refuse");
  await assert.rejects(step(image, labels.slice(0, 2)), {
    name: "TypeError",
    message:
      "Cannot train: expected images [batch, height, width, 3] and int32 labels [batch], or float32 [batch, 5], got float32 [4, 32, 32, 3] and int32 [2]",
  });
  await assert.rejects(step(image, labels.add<tf.Tensor1D>(tf.scalar(9, "int32"))), {
    name: "RangeError",
    message: /^Cannot train: expected labels in 0 … 4, got \d+$/,
  });
  assert.throws(
    () => createTrainStep(model, { learningRate: NaN }),
    /expected learningRate 0 or more, got NaN/,
  );
  assert.equal(step.globalStep, 0);
  step.dispose();
  await assert.rejects(step(image, labels), {
    message: "Cannot train: expected a step that lives, got a disposed one",
  });
});

test("createTrainStep() leaks neither tensors nor memory in 1,000 steps", async () => {
  const step = createTrainStep(thinModel(), { learningRate: 1e-3 });
  await takeSteps(step, 100);
  await settled();
  const [before, bytes] = [memory(), process.memoryUsage().rss];
  await takeSteps(step, 1000);
  await settled();
  assert.deepEqual(memory(), before);
  // What V8 has freed it gives back late: under Node 24, whose young generation takes up to 128 MiB, after some idle seconds.
  await until("less than 30 MiB more", () => process.memoryUsage().rss - bytes < 30 * 2 ** 20);
  step.dispose();
});
