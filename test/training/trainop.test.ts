import assert from "node:assert/strict";
import { test } from "node:test";
import { memory, tf } from "../../src/tensorflow";
import {
  adamOptimizer,
  adamWOptimizer,
  createTrainStep,
  rmsPropOptimizer,
  sgdOptimizer,
  type TrainStep,
  type TrainStepOptions,
} from "../../src/training";
import { patternBatch, thinModel, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const NETWORK = "resnet_v1_50";
const HEAD = "Predict/logits/weights";

async function takeStep(step: TrainStep, name: string): ReturnType<TrainStep> {
  const [{ image }, labels] = patternBatch(name);
  try {
    return await step(image, labels);
  } finally {
    tf.dispose([image, labels]);
  }
}

function difference(a: readonly number[], b: readonly number[]): number {
  const size = Math.max(1e-3, ...a.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN)))) / size;
}

async function operationsWith(options: TrainStepOptions): Promise<number> {
  const model = thinModel();
  const step = createTrainStep(model, options);
  await takeStep(step, "operations");
  const [signature] = step.signatures();
  step.dispose();
  model.dispose();
  return signature?.operations ?? NaN;
}

test("options of the training op that are not used add no operation to the step", async () => {
  const plain = await operationsWith({});
  const neutral: TrainStepOptions = {
    clipGradientNorm: 0,
    clipGlobalNorm: 0,
    gradientMultipliers: {},
    checkNumerics: false,
    weightDecay: "regularizer",
    gradientAccumulation: 1,
    updateOps: true,
    gradientNorms: false,
  };
  assert.equal(await operationsWith(neutral), plain);
  assert.ok((await operationsWith({ checkNumerics: true })) > plain);
});

const EAGER_CASES: Readonly<Record<string, TrainStepOptions>> = {
  sgd: { optimizer: sgdOptimizer(), clipGradientNorm: 0.1, gradientNorms: true },
  rmsProp: { optimizer: rmsPropOptimizer({ momentum: 0.5 }), weightDecay: "decoupled", checkNumerics: true },
  adam: { optimizer: adamOptimizer({ epsilon: 0.1 }), clipGlobalNorm: 1, gradientAccumulation: 2 },
  adamW: {
    optimizer: adamWOptimizer({ epsilon: 0.1 }),
    weightDecay: "none",
    gradientMultipliers: { Predict: 10, [NETWORK]: 0.5 },
    updateOps: false,
  },
};

for (const [name, options] of Object.entries(EAGER_CASES)) {
  test(`the training op with ${name} is compiled as it is eagerly, and leaks nothing`, async () => {
    const before = memory();
    const models = [thinModel(), thinModel()] as const;
    const [model, eagerModel] = models;
    const step = createTrainStep(model, { learningRate: 0.01, ...options });
    const eagerStep = createTrainStep(eagerModel, { learningRate: 0.01, ...options, eager: true });
    const pairs = [
      ...model.variables
        .all()
        .map((one) => [one.name, one.variable, eagerModel.variables.expect(one.name)] as const),
      ...Object.entries(step.slots).map(([slot, value]) => [slot, value, eagerStep.slots[slot]] as const),
    ];
    const held: number[] = [];
    for (const batch of ["step/0", "step/1", "step/2", "step/3"]) {
      const [one, other] = [await takeStep(step, batch), await takeStep(eagerStep, batch)];
      assert.ok(Math.abs(one.loss - other.loss) <= 1e-6 * other.loss, `${one.loss} ${other.loss}`);
      for (const [what, value, eagerValue] of pairs) {
        assert.ok(eagerValue !== undefined);
        const distance = difference(valuesOf(eagerValue), valuesOf(value));
        // The network's own gradients differ by 1.3e-5 where nothing decays; the optimizers' part is in optimizers.test.ts.
        assert.ok(distance < 3e-5, `${batch}: ${what} differs by ${distance}`);
        eagerValue.assign(value); // from here on rounding would grow: both go on from the same state
      }
      held.push(memory().tensors);
    }
    assert.equal(held[3], held[1]); // each of the step's functions has run by then
    for (const one of [step, eagerStep, ...models]) one.dispose();
    assert.deepEqual(memory().tensors, before.tensors);
  });
}

test("gradientNorms gives the norms of the gradients, after clipping", async () => {
  const limit = 0.05;
  const results = await Promise.all(
    [0, limit].map(async (clipGradientNorm) => {
      const model = thinModel();
      const step = createTrainStep(model, { clipGradientNorm, gradientNorms: true });
      const [{ image }, labels] = patternBatch("norms");
      const inspection = await step.inspect(image, labels);
      const own = Object.entries(inspection.gradients).map(([name, gradient]): [string, number] => [
        name,
        Math.hypot(...valuesOf(gradient)),
      ]);
      const { gradientNorms = {} } = await step(image, labels);
      return [Object.fromEntries(own), gradientNorms] as const;
    }),
  );
  for (const [i, [own, norms]] of results.entries()) {
    assert.equal(Object.keys(norms).length, 161);
    for (const [name, norm] of Object.entries(own)) {
      const expected = i === 0 ? norm : Math.min(norm, limit);
      assert.ok(Math.abs((norms[name] ?? NaN) - expected) < 1e-4 * (expected + 1e-3), name);
    }
  }
});

test("gradientAccumulation updates once by the mean of two batches, and moves the statistics twice", async () => {
  const [whole, halves] = [thinModel(), thinModel()];
  const [one, two] = [createTrainStep(whole), createTrainStep(halves, { gradientAccumulation: 2 })];
  const before = valuesOf(halves.variables.expect(HEAD));
  await takeStep(one, "same");
  const first = await takeStep(two, "same");
  assert.deepEqual([first.globalStep, first.accumulated, two.globalStep], [0, 1, 0]);
  assert.deepEqual(valuesOf(halves.variables.expect(HEAD)), before);
  const mean = `${NETWORK}/conv1/BatchNorm/moving_mean`;
  const once = valuesOf(whole.variables.expect(mean));
  assert.ok(difference(once, valuesOf(halves.variables.expect(mean))) < 1e-5);
  const second = await takeStep(two, "same");
  assert.deepEqual([second.globalStep, second.accumulated], [1, 0]);
  for (const { name, variable, trainable } of whole.variables.all())
    if (trainable)
      assert.ok(difference(valuesOf(variable), valuesOf(halves.variables.expect(name))) < 1e-5, name);
  assert.ok(difference(once, valuesOf(halves.variables.expect(mean))) > 0.1);
  await takeStep(two, "other");
  assert.equal((await takeStep(two, "other")).globalStep, 2);
});

test("updateOps: false leaves the moving statistics alone", async () => {
  const model = thinModel();
  const moving = model.variables.all().filter(({ name }) => name.includes("/moving_"));
  const before = moving.map(({ variable }) => valuesOf(variable));
  await takeStep(createTrainStep(model, { updateOps: false }), "still");
  assert.deepEqual(
    moving.map(({ variable }) => valuesOf(variable)),
    before,
  );
});

test("decoupled weight decay takes its part of the regularized weights, beside the gradient of the cross-entropy", async () => {
  const [decayed, plain] = [thinModel({ weightDecay: 0.5 }), thinModel({ weightDecay: 0.5 })];
  const options = { optimizer: sgdOptimizer(), learningRate: 0.1 };
  const weights = `${NETWORK}/conv1/weights`;
  const before = valuesOf(plain.variables.expect(weights));
  const result = await takeStep(createTrainStep(decayed, { ...options, weightDecay: "decoupled" }), "decay");
  await takeStep(createTrainStep(plain, { ...options, weightDecay: "none" }), "decay");
  assert.equal(result.loss, result.crossEntropy);
  const expected = valuesOf(plain.variables.expect(weights)).map(
    (value, i) => value - 0.1 * 0.5 * (before[i] ?? NaN),
  );
  assert.ok(difference(expected, valuesOf(decayed.variables.expect(weights))) < 1e-5);
  const head = valuesOf(plain.variables.expect(HEAD));
  assert.ok(difference(head, valuesOf(decayed.variables.expect(HEAD))) < 1e-5, "the head is not regularized");
});

for (const eager of [false, true]) {
  test(`checkNumerics names the step and where it began, and changes nothing${eager ? ", eagerly" : ""}`, async () => {
    const model = thinModel();
    const step = createTrainStep(model, { checkNumerics: true, eager });
    await takeStep(step, "fine");
    const gamma = model.variables.expect(`${NETWORK}/block2/unit_1/bottleneck_v1/conv1/BatchNorm/gamma`);
    const good = gamma.clone();
    const state = (): number[][] => model.variables.all().map(({ variable }) => valuesOf(variable));
    tf.tidy(() => gamma.assign(good.mul<tf.Tensor>(3e38).mul(3e38)));
    const [before, tensors] = [state(), memory().tensors];
    await assert.rejects(takeStep(step, "broken"), {
      name: "RangeError",
      message: `Cannot go on training: expected finite numbers at step 2 with learning rate 0.01, got Infinity in variable "${NETWORK}/block2/unit_1/bottleneck_v1/conv1/BatchNorm/gamma"`,
    });
    assert.deepEqual(state(), before);
    tf.tidy(() => gamma.assign(tf.fill(gamma.shape, 3.3e38))); // finite, but not times more than one deviation
    await assert.rejects(takeStep(step, "broken"), {
      message: new RegExp(`at step 2 .*, got (NaN|-?Infinity) in endpoint "${NETWORK}/block2/unit_1/`),
    });
    assert.equal(memory().tensors, tensors);
    gamma.assign(good);
    assert.equal((await takeStep(step, "fine")).globalStep, 2);
    step.dispose();
  });
}

test("createTrainStep() refuses options that make no training op", () => {
  const model = thinModel();
  const cases: readonly (readonly [TrainStepOptions, string])[] = [
    [{ clipGradientNorm: -1 }, "Cannot clip gradients: expected clipGradientNorm 0 or more, got -1"],
    [
      { gradientAccumulation: 1.5 },
      "Cannot accumulate gradients: expected a whole number of calls from 1 on, got 1.5",
    ],
    [
      { gradientMultipliers: { Predict: NaN } },
      'Cannot multiply gradients of "Predict": expected a finite number, got NaN',
    ],
  ];
  for (const [options, message] of cases)
    assert.throws(() => createTrainStep(model, options), { name: "RangeError", message });
  assert.throws(() => createTrainStep(model, { gradientMultipliers: { Predicted: 2 } }), {
    message:
      /^Cannot multiply gradients: expected a scope of the network, such as "Predict", .* got "Predicted"$/,
  });
});
