import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelVariable } from "../../src/model/variables";
import { memory, tf, trace } from "../../src/tensorflow";
import { adamOptimizer, adamWOptimizer, rmsPropOptimizer } from "../../src/training/optimizers/adaptive";
import { gradientTransform, type GradientOptions } from "../../src/training/optimizers/gradients";
import { momentumOptimizer, sgdOptimizer, type Optimizer } from "../../src/training/optimizers/optimizer";
import { readFixture } from "../fixtures";
import { pattern, patternVariable, type FixtureArray } from "../patterns";
import { valuesOf } from "./thin";

type Values = Readonly<Record<string, FixtureArray>>;

const { shapes, rates, multipliers, cases } = readFixture<{
  readonly shapes: Readonly<Record<string, number[]>>;
  readonly rates: readonly number[];
  readonly multipliers: Readonly<Record<string, number>>;
  readonly cases: Readonly<Record<string, { readonly first: Values; readonly last: Values }>>;
}>("optimizers");

const CASES: Readonly<Record<string, readonly [Optimizer, GradientOptions?]>> = {
  sgd: [sgdOptimizer()],
  momentum: [momentumOptimizer()],
  nesterov: [momentumOptimizer({ useNesterov: true })],
  rmsProp: [rmsPropOptimizer()],
  rmsPropMomentum: [rmsPropOptimizer({ decay: 0.8, momentum: 0.9, epsilon: 1 })],
  rmsPropCentered: [rmsPropOptimizer({ momentum: 0.5, centered: true })],
  adam: [adamOptimizer()],
  adamBetas: [adamOptimizer({ beta1: 0.8, beta2: 0.95, epsilon: 0.1 })],
  adamW: [adamWOptimizer({ weightDecay: 0.5 })],
  clip: [sgdOptimizer(), { clipGradientNorm: 1.5 }],
  multipliers: [sgdOptimizer(), { gradientMultipliers: multipliers }],
  clipAndMultipliers: [momentumOptimizer(), { clipGradientNorm: 1.5, gradientMultipliers: multipliers }],
  clipGlobal: [sgdOptimizer(), { clipGlobalNorm: 2 }],
};

/** Differences over the root mean square, the greatest of all. */
function expectValues(expected: Values, actual: Readonly<Record<string, tf.Tensor>>, what: string): void {
  for (const [name, { values }] of Object.entries(expected)) {
    const tensor = actual[name];
    assert.ok(tensor !== undefined, `${what}: no ${name}`);
    const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    const distances = valuesOf(tensor).map((value, i) => Math.abs(value - (values[i] ?? NaN)) / size);
    assert.ok(Math.max(...distances) < 1e-5, `${what}: ${name} differs by ${Math.max(...distances)}`);
  }
}

test("there is a test for every case of the fixture", () => {
  assert.deepEqual(Object.keys(cases).sort(), Object.keys(CASES).sort());
});

for (const [name, [optimizer, options = {}]] of Object.entries(CASES)) {
  for (const isTraced of [false, true]) {
    test(`${name} makes 20 updates as Python does, ${isTraced ? "traced" : "eagerly"}`, async () => {
      const before = memory();
      const variables = Object.entries(shapes).map(([variable, shape]): ModelVariable => {
        const value = tf.tidy(() => tf.variable(tf.tensor(patternVariable(variable, shape), shape)));
        return { name: variable, variable: value, trainable: true, weightDecay: 0 };
      });
      const state = optimizer(variables);
      const transform = gradientTransform(Object.keys(shapes), options);
      const update = (rate: tf.Scalar, slopes: tf.Tensor[]): tf.Tensor => {
        const gradients = variables.flatMap((variable, i) => {
          const gradient = slopes[i];
          return gradient === undefined ? [] : [{ variable, gradient }];
        });
        state.apply(transform(gradients), rate);
        return tf.scalar(0);
      };
      const traced = trace(update);
      const all = { ...Object.fromEntries(variables.map((one) => [one.name, one.variable])), ...state.slots };
      const { first = {}, last = {} } = cases[name] ?? {};
      for (const [step, rate] of rates.entries()) {
        const inputs = tf.tidy(() => ({
          rate: tf.scalar(rate),
          slopes: variables.map((one) =>
            tf.tensor(pattern(`${one.name}/${step}`, one.variable.shape), one.variable.shape),
          ),
        }));
        const done = isTraced
          ? await traced(inputs.rate, inputs.slopes)
          : tf.tidy(() => update(inputs.rate, inputs.slopes));
        tf.dispose([done, inputs]);
        if (step === 0) expectValues(first, all, "step 1");
      }
      expectValues(last, all, `step ${rates.length}`);
      if (name !== "adamW") assert.deepEqual(Object.keys(all).sort(), Object.keys(last).sort());
      traced.dispose();
      state.dispose();
      for (const { variable } of variables) variable.dispose();
      assert.equal(memory().tensors, before.tensors);
    });
  }
}
