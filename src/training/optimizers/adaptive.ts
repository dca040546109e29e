/** Optimizers that measure each weight's steps by its own gradients so far. */
import type { ModelVariable } from "../../model/variables";
import { descendAdam, descendRmsProp, tf } from "../../tensorflow";
import { describe } from "./description";
import {
  expectFed,
  expectShares,
  type Optimizer,
  type OptimizerState,
  type VariableGradient,
} from "./optimizer";
import { powersOf } from "./powers";
import type { Schedule } from "./schedule";
import { slotsOf } from "./slots";

/** Options of rmsPropOptimizer(). */
export interface RmsPropOptions {
  /** How much of the mean square so far goes into the next. @default 0.9 */
  readonly decay?: number;
  /** How much of the last update goes into the next, or that of each step. @default 0 */
  readonly momentum?: number | Schedule;
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
  const isFixed = typeof momentum === "number";
  expectShares("RMSProp", isFixed ? { decay, momentum } : { decay });
  expectEpsilon("RMSProp", epsilon);
  const make = (variables: readonly ModelVariable[]): OptimizerState => {
    const suffixes = centered ? ["RMSProp", "RMSProp_2", "RMSProp_1"] : ["RMSProp", "RMSProp_1"];
    const slots = slotsOf(variables, suffixes, { RMSProp: "ones" });
    const update = ({ variable, gradient }: VariableGradient, rates: tf.Tensor1D): void => {
      const [square, velocity, mean] = slots.of(variable);
      if (square === undefined || velocity === undefined) return;
      const from = { variable: variable.variable, square, velocity, mean, gradient, rates };
      const [next, nextSquare, nextVelocity, nextMean] = descendRmsProp(from, { epsilon });
      square.assign(nextSquare);
      velocity.assign(nextVelocity);
      if (nextMean !== undefined) mean?.assign(nextMean);
      variable.variable.assign(next);
    };
    return {
      slots: slots.named,
      description: describe("RMSProp", options),
      ...(!isFixed && { momentum }),
      apply: (gradients, rate, fed) =>
        tf.tidy(() => {
          const momentumNow = isFixed ? tf.scalar(momentum) : expectFed(fed);
          const gain = tf.scalar(gainOf(decay));
          const ratesOf = memoized((of: tf.Scalar) => tf.stack([of, momentumNow, gain]).as1D());
          for (const one of gradients) update(one, ratesOf(one.learningRate ?? rate));
        }),
      dispose: slots.dispose,
    };
  };
  const withMomentum = (by: Schedule): Optimizer => rmsPropOptimizer({ ...options, momentum: by });
  return isFixed && momentum > 0 ? Object.assign(make, { withMomentum }) : make;
}

/** Options of adamOptimizer(). */
export interface AdamOptions {
  /** How much of the mean gradient so far goes into the next, or that of each step. @default 0.9 */
  readonly beta1?: number | Schedule;
  /** How much of the mean square so far goes into the next; above 0, where beta1 is by the step. @default 0.999 */
  readonly beta2?: number;
  /** Added to the root of the mean square: the ε̂ of the paper's section 2.1. @default 1e-8 */
  readonly epsilon?: number;
}

/**
 * Adam as TensorFlow 1 defines it. Its slots are "<variable>/Adam" and "<variable>/Adam_1", with "beta1_power" and "beta2_power".
 *
 * With beta1 by the step the mean is corrected as torch does it, by 1 − beta1ᵗ with the beta1 of update t, as if it had been the same
 * in all.
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

function adam(name: string, options: AdamOptions, variant: AdamVariant): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const isFixed = typeof beta1 === "number";
  expectShares(name, isFixed ? { beta1, beta2 } : { beta2 });
  if (!isFixed && beta2 === 0)
    throw new RangeError(
      `Cannot create ${name} optimizer: expected beta2 above 0 with beta1 by the step, got 0`,
    );
  expectEpsilon(name, epsilon);
  const make = (variables: readonly ModelVariable[]): OptimizerState =>
    adamState(name, variables, { beta1, beta2, epsilon, options, ...variant });
  const withMomentum = (by: Schedule): Optimizer => adam(name, { ...options, beta1: by }, variant);
  return isFixed ? Object.assign(make, { withMomentum }) : make;
}

interface AdamParts extends Required<Pick<AdamOptions, "beta1" | "beta2" | "epsilon">>, AdamVariant {
  /** As they were given. */
  readonly options: AdamOptions;
}

function adamState(
  name: string,
  variables: readonly ModelVariable[],
  { beta1, beta2, epsilon, options, decayOf, gain }: AdamParts,
): OptimizerState {
  const slots = slotsOf(variables, [name, `${name}_1`]);
  const powers = powersOf(beta1, beta2);
  const update = ({ variable, gradient }: VariableGradient, rates: tf.Tensor1D): void => {
    const [mean, square] = slots.of(variable);
    const from = { variable: variable.variable, mean, square, gradient, rates };
    const [next, nextMean, nextSquare] = descendAdam(from, { epsilon });
    mean.assign(nextMean);
    square.assign(nextSquare);
    variable.variable.assign(next);
  };
  return {
    slots: { ...slots.named, ...powers.named },
    description: describe(name, options),
    ...(typeof beta1 !== "number" && { momentum: beta1 }),
    apply: (gradients, rate, fed) =>
      tf.tidy(() => {
        const now = typeof beta1 === "number" ? undefined : expectFed(fed);
        const gains = [
          now === undefined ? tf.scalar(gain(Number(beta1))) : tf.sub(1, now),
          tf.scalar(gain(beta2)),
        ];
        if (now !== undefined) powers.begin(now);
        const ratesOf = memoized((of: tf.Scalar) => {
          const corrected = of.mul(powers.correction());
          return memoized((decay: number) => tf.stack([corrected, of.mul(decay), ...gains]).as1D());
        });
        for (const one of gradients) {
          const { variable, learningRate = rate } = one;
          update(one, ratesOf(learningRate)(decayOf(variable)));
        }
        powers.end();
      }),
    dispose: () => {
      slots.dispose();
      powers.dispose();
    },
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

/** 1 − kept, rounded as the kernels of TensorFlow 1's optimizers do; Keras, which AdamW follows, subtracts in double precision. */
function gainOf(kept: number): number {
  return Math.fround(1 - Math.fround(kept));
}

function expectEpsilon(optimizer: string, epsilon: number): void {
  if (epsilon >= 0 && epsilon < Infinity) return;
  throw new RangeError(`Cannot create ${optimizer} optimizer: expected epsilon 0 or more, got ${epsilon}`);
}
