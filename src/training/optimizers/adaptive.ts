/** Optimizers that measure each weight's steps by its own gradients so far. */
import type { ModelVariable } from "../../model/variables";
import { tf } from "../../tensorflow";
import { describe } from "./description";
import { expectShares, type Optimizer } from "./optimizer";
import { slotsOf } from "./slots";

/** Options of rmsPropOptimizer(). */
export interface RmsPropOptions {
  /** How much of the mean square so far goes into the next. @default 0.9 */
  readonly decay?: number;
  /** How much of the last update goes into the next. @default 0 */
  readonly momentum?: number;
  /** Added to the mean square before its root. @default 1e-10 */
  readonly epsilon?: number;
  /** Whether gradients are measured by their variance, not by their mean square. @default false */
  readonly centered?: boolean;
}

/**
 * RMSProp as TensorFlow 1 defines it: s ← decay · s + (1 − decay) · g², m ← momentum · m + learningRate · g / √(s + ε), v ← v − m.
 * The mean square starts at 1.
 * @throws {RangeError} if decay or momentum is not in 0 … 1 or is 1, or epsilon is negative
 * @see tf.compat.v1.train.RMSPropOptimizer; Graves 2013 (arXiv 1308.0850) for the centered form
 */
export function rmsPropOptimizer(options: RmsPropOptions = {}): Optimizer {
  const { decay = 0.9, momentum = 0, epsilon = 1e-10, centered = false } = options;
  expectShares("RMSProp", { decay, momentum });
  expectEpsilon("RMSProp", epsilon);
  return (variables) => {
    const suffixes = centered ? ["RMSProp", "RMSProp_2", "RMSProp_1"] : ["RMSProp", "RMSProp_1"];
    const slots = slotsOf(variables, suffixes, { RMSProp: "ones" });
    const update = (variable: ModelVariable, gradient: tf.Tensor, rate: tf.Scalar): void => {
      const [square, velocity, mean] = slots.of(variable);
      if (square === undefined || velocity === undefined) return;
      square.assign(approach(square, gradient.square(), gainOf(decay)));
      mean?.assign(approach(mean, gradient, gainOf(decay)));
      const spread = mean === undefined ? square : square.sub(mean.square());
      const change = gradient.mul(rate).div(spread.add(epsilon).sqrt());
      velocity.assign(momentum === 0 ? change : velocity.mul(momentum).add(change));
      variable.variable.assign(variable.variable.sub(velocity));
    };
    return {
      slots: slots.named,
      description: describe("RMSProp", options),
      apply: (gradients, rate) =>
        tf.tidy(() =>
          gradients.forEach(({ variable, gradient, learningRate = rate }) =>
            update(variable, gradient, learningRate),
          ),
        ),
      dispose: slots.dispose,
    };
  };
}

/** Options of adamOptimizer(). */
export interface AdamOptions {
  /** How much of the mean gradient so far goes into the next. @default 0.9 */
  readonly beta1?: number;
  /** How much of the mean square so far goes into the next. @default 0.999 */
  readonly beta2?: number;
  /** Added to the root of the mean square: the ε̂ of the paper's section 2.1. @default 1e-8 */
  readonly epsilon?: number;
}

/**
 * Adam as TensorFlow 1 defines it. Its slots are "<variable>/Adam" and "<variable>/Adam_1", with "beta1_power" and "beta2_power".
 * @throws {RangeError} if a beta is not in 0 … 1 or is 1, or epsilon is negative
 * @see tf.compat.v1.train.AdamOptimizer; Kingma and Ba 2015 (arXiv 1412.6980)
 */
export function adamOptimizer(options: AdamOptions = {}): Optimizer {
  return adam("Adam", options, { decayOf: () => 0, gain: gainOf });
}

/** Options of adamWOptimizer(). */
export interface AdamWOptions extends AdamOptions {
  /** Part of a weight that a step at learning rate 1 takes away. @default 0.004 (tf.keras.optimizers.AdamW) */
  readonly weightDecay?: number;
  /** Which variables decay. @default those of more than one dimension: weights, neither biases nor batch norms */
  readonly decays?: (variable: ModelVariable) => boolean;
}

/**
 * Adam with decoupled weight decay: each weight first loses learningRate · weightDecay of itself, then Adam updates it.
 * Slots are named "…/AdamW" and "…/AdamW_1".
 *
 * Without `weightDecay: "none"` for createTrainStep(), TF-Slim's regularizer in the loss decays the weights too.
 * @throws {RangeError} if a beta is not in 0 … 1 or is 1, or epsilon or weightDecay is negative
 * @see tf.keras.optimizers.AdamW; Loshchilov and Hutter 2019 (arXiv 1711.05101)
 * @example
 * createTrainStep(model, { optimizer: adamWOptimizer({ weightDecay: 0.01 }), learningRate: 0.001, weightDecay: "none" });
 */
export function adamWOptimizer(options: AdamWOptions = {}): Optimizer {
  const { weightDecay = 0.004, decays = ({ variable }: ModelVariable): boolean => variable.rank > 1 } =
    options;
  if (!(weightDecay >= 0 && weightDecay < Infinity))
    throw new RangeError(`Cannot create AdamW optimizer: expected weightDecay 0 or more, got ${weightDecay}`);
  return adam("AdamW", options, {
    decayOf: (variable) => (decays(variable) ? weightDecay : 0),
    gain: (kept) => 1 - kept,
  });
}

interface AdamVariant {
  readonly decayOf: (variable: ModelVariable) => number;
  readonly gain: (kept: number) => number;
}

function adam(name: string, options: AdamOptions, { decayOf, gain }: AdamVariant): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  expectShares(name, { beta1, beta2 });
  expectEpsilon(name, epsilon);
  return (variables) => {
    const slots = slotsOf(variables, [name, `${name}_1`]);
    const powers = tf.tidy(() => ({
      beta1_power: tf.variable(tf.scalar(beta1), false),
      beta2_power: tf.variable(tf.scalar(beta2), false),
    }));
    const { beta1_power, beta2_power } = powers;
    const update = (variable: ModelVariable, gradient: tf.Tensor, rates: readonly tf.Tensor[]): void => {
      const [mean, square] = slots.of(variable);
      const [rate, corrected] = rates;
      if (mean === undefined || square === undefined || rate === undefined || corrected === undefined) return;
      mean.assign(approach(mean, gradient, gain(beta1)));
      square.assign(approach(square, gradient.square(), gain(beta2)));
      const { variable: weights } = variable;
      const decay = decayOf(variable);
      const decayed = decay === 0 ? weights : weights.sub(weights.mul(rate.mul(decay)));
      weights.assign(decayed.sub(mean.mul(corrected).div(square.sqrt().add(epsilon))));
    };
    return {
      slots: { ...slots.named, ...powers },
      description: describe(name, options),
      apply: (gradients, rate) =>
        tf.tidy(() => {
          const correctedOf = memoized((of: tf.Scalar) =>
            of.mul(tf.sub(1, beta2_power).sqrt()).div(tf.sub(1, beta1_power)),
          );
          for (const { variable, gradient, learningRate = rate } of gradients)
            update(variable, gradient, [learningRate, correctedOf(learningRate)]);
          beta1_power.assign(beta1_power.mul(beta1));
          beta2_power.assign(beta2_power.mul(beta2));
        }),
      dispose: () => {
        slots.dispose();
        tf.dispose(powers);
      },
    };
  };
}

/** The same function, which computes for each argument once. */
function memoized<A, R>(compute: (argument: A) => R): (argument: A) => R {
  const known = new Map<A, R>();
  return (argument) => {
    const value = known.get(argument) ?? compute(argument);
    known.set(argument, value);
    return value;
  };
}

/** from + gain · (to − from) */
function approach(from: tf.Tensor, to: tf.Tensor, gain: number): tf.Tensor {
  return from.add(to.sub(from).mul(gain));
}

/** 1 − kept, rounded as the kernels of TensorFlow 1's optimizers do; Keras, which AdamW follows, subtracts in double precision. */
function gainOf(kept: number): number {
  return Math.fround(1 - Math.fround(kept));
}

function expectEpsilon(optimizer: string, epsilon: number): void {
  if (epsilon >= 0 && epsilon < Infinity) return;
  throw new RangeError(`Cannot create ${optimizer} optimizer: expected epsilon 0 or more, got ${epsilon}`);
}
