import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelVariable } from "../../src/model/variables";
import { tf } from "../../src/tensorflow";
import { momentumOptimizer } from "../../src/training";
import { valuesOf } from "./thin";

function variableOf(name: string, value: number): ModelVariable {
  return { name, variable: tf.variable(tf.tensor1d([value])), trainable: true, weightDecay: 0 };
}

test("momentumOptimizer() makes two updates by hand: m = 0.9 m + g, v = v - rate * m", () => {
  const weights = variableOf("conv/weights", 1);
  const state = momentumOptimizer()([weights]);
  const gradients = [{ variable: weights, gradient: tf.tensor1d([2]) }];
  state.apply(gradients, tf.scalar(0.1));
  state.apply(gradients, tf.scalar(0.01));
  // m: 2, 3.8; v: 1 - 0.2 = 0.8, 0.8 - 0.038
  const slot = state.slots["conv/weights/Momentum"];
  assert.ok(slot !== undefined && Math.abs((valuesOf(slot)[0] ?? NaN) - 3.8) < 1e-6);
  assert.ok(Math.abs((valuesOf(weights.variable)[0] ?? NaN) - 0.762) < 1e-6);
  state.dispose();
  assert.ok(slot.isDisposed);
});

test("momentumOptimizer() takes Nesterov's step: v = v - rate * (g + momentum * m)", () => {
  const weights = variableOf("conv/weights", 1);
  const state = momentumOptimizer({ momentum: 0.5, useNesterov: true })([weights]);
  const gradients = [{ variable: weights, gradient: tf.tensor1d([2]) }];
  state.apply(gradients, tf.scalar(0.1)); // m = 2, v = 1 - 0.1 * (2 + 1)
  state.apply(gradients, tf.scalar(0.1)); // m = 3, v = 0.7 - 0.1 * (2 + 1.5)
  assert.ok(Math.abs((valuesOf(weights.variable)[0] ?? NaN) - 0.35) < 1e-6);
});

test("momentumOptimizer() refuses a momentum that is none, and variables not its own", () => {
  assert.throws(() => momentumOptimizer({ momentum: 1.5 }), {
    name: "RangeError",
    message: "Cannot create momentum optimizer: expected momentum in 0 … 1, but not 1, got 1.5",
  });
  const state = momentumOptimizer()([]);
  const gradients = [{ variable: variableOf("other", 1), gradient: tf.tensor1d([1]) }];
  assert.throws(() => state.apply(gradients, tf.scalar(1)), {
    message: `Cannot train "other": expected a variable of the optimizer's`,
  });
});
