import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelVariable } from "../../src/model/variables";
import { checkFinite, memory, recordFunction, tf, trace } from "../../src/tensorflow";
import { executeLending } from "../../src/tensorflow/trace/execute";
import { adamOptimizer, adamWOptimizer, rmsPropOptimizer } from "../../src/training/optimizers/adaptive";
import { momentumOptimizer, type Optimizer } from "../../src/training/optimizers/optimizer";
import { cpuOnly } from "../gpu";
import { pattern } from "../patterns";
import { settled } from "../settled";
import { valuesOf } from "./thin";

const SHAPES: Readonly<Record<string, number[]>> = { weights: [37, 11], biases: [11] };

const OPTIMIZERS: Readonly<Record<string, Optimizer>> = {
  momentum: momentumOptimizer(),
  rmsProp: rmsPropOptimizer(),
  "rmsProp, centered": rmsPropOptimizer({ momentum: 0.5, centered: true }),
  adam: adamOptimizer(),
  "adam by the cycle": adamOptimizer({ beta1: () => 0.9 }),
  adamW: adamWOptimizer({ weightDecay: 0.5 }),
};

/** An optimizer with its variables, and an update by gradients that depend on them. */
function trained(optimizer: Optimizer) {
  const variables = Object.entries(SHAPES).map(([name, shape]): ModelVariable => {
    const variable = tf.tidy(() => tf.variable(tf.tensor(pattern(name, shape), shape).mul(1)));
    return { name, variable, trainable: true, weightDecay: 0 };
  });
  const state = optimizer(variables);
  const owned: Readonly<Record<string, tf.Variable>> = {
    ...Object.fromEntries(variables.map(({ name, variable }) => [name, variable])),
    ...state.slots,
  };
  const update = (x: tf.Tensor): tf.Tensor => {
    const gradients = variables.map((variable) => ({ variable, gradient: variable.variable.mul(x) }));
    const before = tf.addN(variables.map(({ variable }) => variable.sum()));
    state.apply(gradients, tf.scalar(0.1), tf.scalar(0.9));
    return before;
  };
  const dispose = (): void => {
    state.dispose();
    tf.dispose(variables.map(({ variable }) => variable));
  };
  return { owned, update, dispose };
}

const all = (owned: Readonly<Record<string, tf.Variable>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(owned).map(([name, variable]) => [name, [...valuesOf(variable)]]));

for (const [name, optimizer] of Object.entries(OPTIMIZERS)) {
  test(`${name} overwrites variables and slots, to the values it computes beside them`, { skip: cpuOnly }, async () => {
    const before = await settled().then(memory);
    const x = tf.scalar(0.3);
    const [beside, within] = [trained(optimizer), trained(optimizer)];
    tf.tidy(() => beside.update(x));
    const fn = recordFunction((one) => [within.update(one)], [x], "update", { overwrites: true });
    const places = Object.keys(within.owned).filter((one) => !one.endsWith("_power"));
    assert.deepEqual(
      places.filter((one) => !fn.lent.some((variable) => variable === within.owned[one])),
      [],
    );
    const { outputs, overwrote } = await executeLending(fn, [x, ...fn.captures]);
    assert.ok(overwrote);
    const [expected, actual] = [all(beside.owned), all(within.owned)];
    for (const place of places) assert.deepEqual(actual[place], expected[place], place);
    tf.dispose([outputs, x]);
    fn.dispose();
    [beside, within].forEach((one) => one.dispose());
    assert.deepEqual(await settled().then(memory), before);
  }); // prettier-ignore

  test(`${name} that fails changes nothing`, { skip: cpuOnly }, async () => {
    const x = tf.scalar(-1);
    const { owned, update, dispose } = trained(optimizer);
    const kept = all(owned);
    const traced = trace((one: tf.Tensor) => [update(one), checkFinite(one.log(), "the logarithm")], { name: "update" });
    await assert.rejects(traced(x), /the logarithm/);
    assert.deepEqual(all(owned), kept);
    traced.dispose();
    dispose();
    x.dispose();
  }); // prettier-ignore
}
