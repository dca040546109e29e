import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "../../src/model";
import { ARCHITECTURES } from "../../src/model/networks";
import { memory, tf } from "../../src/tensorflow";
import {
  adamOptimizer,
  adamWOptimizer,
  createTrainStep,
  momentumOptimizer,
  oneCycle,
  rmsPropOptimizer,
  sgdOptimizer,
  slice,
  type OneCycleOptions,
  type Optimizer,
  type OptimizerState,
  type Schedule,
  type TrainStepOptions,
} from "../../src/training";
import { ratesOf } from "../../src/training/optimizers/rates";
import { readFixture } from "../fixtures";
import { patternBatch, thinModel, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

interface CycleFixture {
  readonly options: OneCycleOptions;
  readonly rates: readonly number[];
  readonly momenta: readonly number[];
}

const cycles = readFixture<Readonly<Record<"torch" | "fastai", Readonly<Record<string, CycleFixture>>>>>("onecycle"); // prettier-ignore

function expectNear(actual: readonly number[], expected: readonly number[], part = 1e-8): void {
  expected.forEach((value, i) => {
    const got = actual[i] ?? NaN;
    assert.ok(Math.abs(got - value) <= part * Math.abs(value), `${i}: ${got}, expected ${value}`);
  });
}

function scheduleOf(rate: unknown): Schedule {
  if (typeof rate !== "function") throw new TypeError(`expected a schedule, got ${String(rate)}`);
  return (step) => Number(Reflect.apply(rate, undefined, [step]));
}

for (const [name, { options, rates, momenta }] of Object.entries(cycles.torch))
  test(`oneCycle() equals torch's OneCycleLR in rate and momentum: ${name}`, () => {
    const { learningRate, momentum } = oneCycle(options);
    const steps = rates.map((_, step) => step);
    expectNear(steps.map(scheduleOf(learningRate)), rates);
    expectNear(steps.map(momentum), momenta);
    const later = oneCycle({ ...options, firstStep: 100 });
    assert.deepEqual(steps.map((step) => later.momentum(step + 100)), steps.map(momentum)); // prettier-ignore
    assert.equal(momentum(1000), momentum(options.steps - 1), "after the cycle all stays");
  });

test("oneCycle() of a step more equals fastai's fit_one_cycle, which never takes the last", () => {
  for (const { options, rates, momenta } of Object.values(cycles.fastai)) {
    const { steps: taken, pctStart = 0.25 } = options;
    const steps = taken + 1;
    const { learningRate, momentum } = oneCycle({ ...options, steps, pctStart: (pctStart * taken + 1) / steps }); // prettier-ignore
    const each = rates.map((_, step) => step);
    expectNear(each.map(scheduleOf(learningRate)), rates, 1e-5); // fastai's parts are float32
    expectNear(each.map(momentum), momenta, 1e-5);
  }
});

/** Values of the variables and slots after steps. */
async function trained(
  options: TrainStepOptions,
  steps = 1,
): Promise<{ readonly values: ReadonlyMap<string, readonly number[]>; readonly recordings: number }> {
  const model: Model = thinModel({ seed: 1, architecture: "resnet_v1_14" });
  const step = createTrainStep(model, options);
  const [{ image }, label] = patternBatch("photos");
  for (let i = 0; i < steps; i++) await step(image, label);
  const variables = model.variables.all().map(({ name, variable }) => [name, valuesOf(variable)] as const);
  const slots = Object.entries(step.slots).map(([name, slot]) => [name, valuesOf(slot)] as const);
  const recordings = step.signatures().length;
  step.dispose();
  model.dispose();
  tf.dispose([image, label]);
  return { values: new Map([...variables, ...slots]), recordings };
}

const optimizers: Readonly<Record<string, Optimizer>> = {
  momentum: momentumOptimizer(),
  sgd: sgdOptimizer(),
  rmsProp: rmsPropOptimizer(),
  adam: adamOptimizer(),
  adamW: adamWOptimizer(),
};
for (const [name, optimizer] of Object.entries(optimizers))
  test(`rates by scope are each variable's own, to the bit: ${name}`, async () => {
    const more: TrainStepOptions = { optimizer, weightDecay: name === "sgd" ? "decoupled" : "regularizer" };
    const learningRate = { resnet_v1_14: 0.001, "resnet_v1_14/block4": 0.01, Predict: 0.03 };
    const [low, middle, high, all] = [
      await trained({ ...more, learningRate: 0.001 }),
      await trained({ ...more, learningRate: 0.01 }),
      await trained({ ...more, learningRate: 0.03 }),
      await trained({ ...more, learningRate }),
    ];
    for (const [variable, values] of all.values) {
      const { values: expected } = variable.startsWith("Predict")
        ? high
        : variable.startsWith("resnet_v1_14/block4")
          ? middle
          : low;
      assert.deepEqual(values, expected.get(variable), variable);
    }
  });

test("a slice goes geometrically over fastai's three groups of a ResNet", async () => {
  expectNear(slice(1e-5, 1e-3), [1e-5, 1e-4, 1e-3], 1e-12);
  expectNear(slice(1e-3), [1e-4, 1e-4, 1e-3], 1e-12);
  const root = "resnet_v1_14";
  const scopes = {
    ...Object.fromEntries(["conv1", "block1", "block2"].map((part) => [`${root}/${part}`, 0.001])),
    ...Object.fromEntries(["block3", "block4"].map((part) => [`${root}/${part}`, 0.01])),
    Predict: 0.1,
  };
  const [first, middle = 0, head] = slice(0.001, 0.1);
  assert.ok(Math.abs(middle - 0.01) < 1e-15);
  const byScope = await trained({ learningRate: scopes });
  const bySlice = await trained({ learningRate: [first ?? 0, 0.01, head ?? 0] });
  assert.deepEqual(bySlice.values, byScope.values);
});

test("a slice's groups of any network go from its bottom to its head, and an auxiliary classifier learns with the head", () => {
  const sizes = { width: 1 / 16, defaultImageSize: 224 };
  for (const architecture of ARCHITECTURES) {
    const createAuxLogits = /^inception_(v[34]|res)/.test(architecture);
    const model = new Model({ ...sizes, architecture, createAuxLogits });
    const names = model.variables.all().map(({ name }) => name);
    const { of, last } = ratesOf(names, slice(1e-5, 1e-3), names);
    const trunk = names.filter((name) => !/^Predict\/|\/AuxLogits\//.test(name)).map(of);
    assert.deepEqual([...new Set(trunk)], [0, 1], architecture);
    assert.deepEqual(trunk.toSorted(), trunk, architecture);
    assert.deepEqual(
      new Set(names.filter((name) => /^Predict\/|\/AuxLogits\//.test(name)).map(of)),
      new Set([2]),
    );
    assert.equal(last, 2);
    const upper = names.filter((name) => of(name) > 0);
    assert.deepEqual(upper.map(ratesOf(upper, slice(1), names).of), upper.map(of), "the frozen count, too");
    model.dispose();
  }
});

test("a momentum by step is that of the step, as a number would be, without another recording", async () => {
  const fixed = await trained({ momentum: 0.9 }, 3);
  const scheduled = await trained({ momentum: () => 0.9 }, 3);
  assert.deepEqual(scheduled.values, fixed.values);
  const changing = await trained({ ...oneCycle({ learningRate: slice(1e-3, 1e-2), steps: 5 }) }, 5);
  assert.equal(changing.recordings, 1);

  const model = thinModel({ architecture: "resnet_v1_14" });
  const [biases] = model.variables.all().filter(({ name }) => name === "Predict/logits/biases");
  assert.ok(biases !== undefined);
  const tensors = memory().tensors;
  const state = momentumOptimizer({ momentum: (step) => step / 10 })([biases]);
  const [before, gradient] = [valuesOf(biases.variable), tf.onesLike(biases.variable)];
  for (const at of [0, 1, 2]) {
    const momentum = tf.scalar(state.momentum?.(at) ?? NaN);
    const rate = tf.scalar(0.5);
    state.apply([{ variable: biases, gradient }], rate, momentum);
    tf.dispose([momentum, rate]);
  }
  gradient.dispose();
  // m = 1, 0.1 · 1 + 1, 0.2 · 1.1 + 1
  expectNear(valuesOf(biases.variable), before.map((value) => value - 0.5 * (1 + 1.1 + 1.22)), 1e-6); // prettier-ignore
  assert.throws(() => state.apply([], tf.scalar(1)), { message: "Cannot update variables: expected the step's momentum, which follows a schedule, got none" }); // prettier-ignore
  state.dispose();
  assert.equal(memory().tensors, tensors + 1);
  model.dispose();
});

const cycled = readFixture<Readonly<Record<string, readonly (readonly number[])[]>>>("onecycleoptimizers");

test("a cycle goes through momentum and Adam's beta1, as torch's OneCycleLR does with its optimizers", () => {
  const model = thinModel({ architecture: "resnet_v1_14", numClasses: 2 });
  const [biases] = model.variables.all().filter(({ name }) => name === "Predict/logits/biases");
  assert.ok(biases !== undefined);
  const cycle = oneCycle({ learningRate: 0.01, steps: 8, pctStart: 0.25 });
  const rate = scheduleOf(cycle.learningRate);
  const torch: Readonly<Record<string, Optimizer>> = {
    adam: adamOptimizer({ beta2: 0.99 }),
    adamW: adamWOptimizer({ beta2: 0.99, weightDecay: 0.1, decays: () => true }),
    momentum: momentumOptimizer(),
  };
  for (const [name, optimizer] of Object.entries(torch)) {
    const state: OptimizerState | undefined = optimizer.withMomentum?.(cycle.momentum)([biases]);
    assert.ok(state?.momentum === cycle.momentum);
    tf.tidy(() => biases.variable.assign(tf.tensor1d([0.5, -1])));
    const { tensors } = memory();
    cycled[name]?.forEach((expected, i) => {
      tf.tidy(() => {
        const gradient = tf.tensor1d([1, -2]).div(i + 1);
        const [now, momentum] = [rate(i), cycle.momentum(i)].map((value) => tf.scalar(value));
        assert.ok(now !== undefined);
        state.apply([{ variable: biases, gradient }], now, momentum);
      });
      expectNear(valuesOf(biases.variable), expected, 2e-6);
    });
    assert.equal(memory().tensors, tensors);
    state.dispose();
  }
  assert.equal(adamOptimizer({ beta1: () => 0.9 }).withMomentum, undefined, "its own stays");
  assert.equal(rmsPropOptimizer().withMomentum, undefined, "it has none");
  assert.throws(() => adamOptimizer({ beta1: () => 0.9, beta2: 0 }), { message: "Cannot create Adam optimizer: expected beta2 above 0 with beta1 by the step, got 0" }); // prettier-ignore
  model.dispose();
});

test("a compiled step takes a cycle with any optimizer that has a momentum, without another recording", async () => {
  const cycle = oneCycle({ learningRate: 1e-3, steps: 3 });
  for (const [name, optimizer] of Object.entries({
    adam: adamOptimizer(),
    rmsProp: rmsPropOptimizer({ momentum: 0.9 }),
  })) {
    const own = { adam: adamOptimizer({ beta1: cycle.momentum }), rmsProp: rmsPropOptimizer({ momentum: cycle.momentum }) }[name]; // prettier-ignore
    const found = await trained({ ...cycle, optimizer }, 3);
    assert.equal(found.recordings, 1);
    const expected = await trained({ learningRate: cycle.learningRate, ...(own && { optimizer: own }) }, 3);
    assert.deepEqual(found.values, expected.values, name);
  }
});

test("a step tells its momentum, and the rate of the last layer; learningRateFactor lowers all", async () => {
  const model = thinModel({ architecture: "resnet_v1_14" });
  const cycle = oneCycle({ learningRate: slice(1e-3, 1e-2), steps: 5 });
  const step = createTrainStep(model, { ...cycle });
  const [{ image }, label] = patternBatch("photos");
  const first = await step(image, label);
  expectNear([first.learningRate, first.momentum ?? NaN], [1e-2 / 25, 0.95]);
  step.learningRateFactor = 0.5;
  const { learningRate, momentum } = await step(image, label);
  expectNear([learningRate], [0.5 * Number(scheduleOf(Array.isArray(cycle.learningRate) ? cycle.learningRate[2] : 0)(1))]); // prettier-ignore
  assert.equal(momentum, cycle.momentum(1));
  step.dispose();
  model.dispose();
});

test("rates, slices and cycles that are none are refused", async () => {
  const model = thinModel({ architecture: "resnet_v1_14" });
  const cannot = "Cannot create train step: expected";
  const refused = (learningRate: TrainStepOptions["learningRate"], message: string | RegExp): void =>
    assert.throws(() => createTrainStep(model, { ...(learningRate !== undefined && { learningRate }) }), { name: "RangeError", message }); // prettier-ignore
  refused([1, 2], `${cannot} 3 learning rates, as slice() gives them, got 2`);
  refused({ Predict: 1 }, `${cannot} a learning rate for each variable that is trained, got none for "resnet_v1_14/conv1/weights", which is in none of the scopes`); // prettier-ignore
  refused(
    { resnet_v1_14: 1, Predicted: 1 },
    /^Cannot choose learning rates: expected a scope of the network/,
  );
  refused({ resnet_v1_14: -1, Predict: 1 }, "Cannot configure the learning rate: expected learningRate 0 or more, got -1"); // prettier-ignore
  assert.throws(() => slice(0, 1), { message: "Cannot make a slice of learning rates: expected rates above 0, got 0" }); // prettier-ignore
  for (const [options, message] of [
    [{ steps: 1 }, "expected steps a whole number from 2 on, got 1"],
    [{ steps: 9, pctStart: 1 }, "expected pctStart in 0 … 1, but neither, got 1"],
    [{ steps: 9, div: 0 }, "expected div 1 or more, got 0"],
    [{ steps: 9, divFinal: NaN }, "expected divFinal 1 or more, got NaN"],
    [{ steps: 9, moms: [0.9, 1, 0.9] as const }, "expected moms in 0 … 1, but not 1, got 1"],
    [{ steps: 9, firstStep: -1 }, "expected firstStep a whole number from 0 on, got -1"],
  ] as const)
    assert.throws(() => oneCycle(options), {
      name: "RangeError",
      message: `Cannot make a cycle: ${message}`,
    });
  const step = createTrainStep(model, { momentum: () => 1 });
  const [{ image }, label] = patternBatch("photos");
  await assert.rejects(step(image, label), { message: "Cannot train: expected a momentum in 0 … 1, but not 1, at step 1, got 1" }); // prettier-ignore
  step.dispose();
  model.dispose();
});
