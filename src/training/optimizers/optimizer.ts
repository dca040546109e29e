import type { ModelVariable } from "../../model/variables";
import { descend, tf } from "../../tensorflow";
import { describe } from "./description";
import type { Schedule } from "./schedule";
import { slotsOf } from "./slots";

/** A gradient and the variable it belongs to. */
export interface VariableGradient {
  readonly variable: ModelVariable;
  readonly gradient: tf.Tensor;
  /** The variable's own, a float32 scalar, in place of that of all. @default that of all */
  readonly learningRate?: tf.Scalar;
}

/** What an optimizer keeps for the variables it trains, and how it changes them. */
export interface OptimizerState {
  /** Its own variables, by the names that TensorFlow gives them in a checkpoint: "<variable>/Momentum". */
  readonly slots: Readonly<Record<string, tf.Variable>>;
  /** The name of an optimizer that keeps more than its slots, which no checkpoint can hold. @default undefined: it does not */
  readonly unsaved?: string;
  /** What it is called in a table of runs, with the options that were given: "Adam beta1 0.95". @default "custom" */
  readonly description?: string;
  /** The momentum by step, if it changes, which apply() is then given. @default undefined: it does not */
  readonly momentum?: Schedule;
  /**
   * Assigns new values to the variables and slots; runs inside the compiled step.
   * @param gradients     a variable whose rate is its own comes with it
   * @param learningRate  of all others, a float32 scalar
   * @param momentum      of this step, a float32 scalar, where `momentum` gives one
   */
  apply(gradients: readonly VariableGradient[], learningRate: tf.Scalar, momentum?: tf.Scalar): void;
  /** Frees the slots. */
  dispose(): void;
}

/** An optimizer: makes its state for the variables it shall train. The caller disposes the state. */
export interface Optimizer {
  (variables: readonly ModelVariable[]): OptimizerState;
  /** The same with its momentum, which for Adam is beta1, by the step. @default undefined: it has none, or one by the step already */
  readonly withMomentum?: (this: void, momentum: Schedule) => Optimizer;
}

/** Options of momentumOptimizer(). */
export interface MomentumOptions {
  /** How much of the last update goes into the next, or that of each step: 0 … 1, but 1, with which updates never end. @default 0.9 */
  readonly momentum?: number | Schedule;
  /** Whether the gradient counts as if taken ahead, where the momentum leads. @default false */
  readonly useNesterov?: boolean;
}

/**
 * Gradient descent with momentum as TensorFlow defines it: m ← momentum · m + g, v ← v − learningRate · m.
 *
 * The learning rate is outside of m, so that a schedule acts at once.
 * @throws {RangeError} if momentum is not in 0 … 1, or is 1
 * @see tf.compat.v1.train.MomentumOptimizer; Sutskever et al. 2013 for Nesterov's form
 */
export function momentumOptimizer(options: MomentumOptions = {}): Optimizer {
  const { momentum = 0.9, useNesterov = false } = options;
  const isFixed = typeof momentum === "number";
  if (isFixed) expectShares("momentum", { momentum });
  const make = (variables: readonly ModelVariable[]): OptimizerState => {
    const slots = slotsOf(variables, ["Momentum"]);
    return {
      slots: slots.named,
      description: describe("Momentum", options),
      ...(!isFixed && { momentum }),
      apply: (gradients, rate, fed) =>
        tf.tidy(() => {
          const momentumNow = isFixed ? momentum : expectFed(fed);
          for (const { variable, gradient, learningRate = rate } of gradients) {
            const [slot] = slots.of(variable);
            const from = { variable: variable.variable, slot, gradient, learningRate };
            const [next, nextSlot] = descend(from, { momentum: momentumNow, ahead: useNesterov });
            slot.assign(nextSlot);
            variable.variable.assign(next);
          }
        }),
      dispose: slots.dispose,
    };
  };
  return isFixed
    ? Object.assign(make, { withMomentum: (by: Schedule) => momentumOptimizer({ ...options, momentum: by }) })
    : make;
}

/**
 * The momentum that a step is fed.
 * @throws {TypeError} if there is none
 */
export function expectFed(momentum: tf.Scalar | undefined): tf.Scalar {
  if (momentum !== undefined) return momentum;
  throw new TypeError(
    "Cannot update variables: expected the step's momentum, which follows a schedule, got none",
  );
}

/**
 * Checks how much of what was goes into what comes.
 * @throws {RangeError} that names the optimizer and the option, if one is not in 0 … 1, or is 1: then nothing new counts, or what
 *   was never fades
 */
export function expectShares(optimizer: string, options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value >= 0 && value < 1) continue;
    throw new RangeError(
      `Cannot create ${optimizer} optimizer: expected ${name} in 0 … 1, but not 1, got ${value}`,
    );
  }
}

/**
 * Plain gradient descent: v ← v − learningRate · g. It keeps nothing.
 * @see tf.compat.v1.train.GradientDescentOptimizer
 */
export function sgdOptimizer(): Optimizer {
  return () => ({
    slots: {},
    description: "SGD",
    apply: (gradients, rate) =>
      tf.tidy(() => {
        for (const { variable, gradient, learningRate = rate } of gradients)
          variable.variable.assign(variable.variable.sub(gradient.mul(learningRate)));
      }),
    dispose: () => undefined,
  });
}

/**
 * An optimizer of tfjs as one of ours. Its learning rate is its own: the one passed in is not used.
 * @param optimizer  e.g. tf.train.adam(0.001); whoever made it frees it
 */
export function tfjsOptimizer(optimizer: tf.Optimizer): Optimizer {
  const name = optimizer.getClassName();
  return () => ({
    slots: {},
    description: `tfjs's ${name}`,
    ...(name !== "SGD" && { unsaved: `tfjs's ${name}` }),
    apply: (gradients) =>
      optimizer.applyGradients(
        Object.fromEntries(gradients.map(({ variable, gradient }) => [variable.variable.name, gradient])),
      ),
    dispose: () => undefined,
  });
}
