import { attr, type Attrs } from "../runtime/attributes";
import { TensorFlowError } from "../runtime/error";
import { device, tf } from "../runtime/runtime";
import { execute } from "../trace/execute";
import { expectOneShape } from "./oneshape";

/** What a step of Adam starts from; all but rates are float32 of one shape. */
export interface AdamDescent {
  readonly variable: tf.Tensor;
  /** Of the gradients so far. */
  readonly mean: tf.Tensor;
  /** Of the gradients' squares so far. */
  readonly square: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** float32 [4]: the learning rate, corrected; the part of the variable that is taken away; how much the gradient adds to its mean, and its square to theirs, 0 … 1. */
  readonly rates: tf.Tensor1D;
}

/** What a step of RMSProp starts from; all but rates are float32 of one shape. */
export interface RmsPropDescent extends Pick<AdamDescent, "variable" | "square" | "gradient"> {
  /** The last update. */
  readonly velocity: tf.Tensor;
  /** Of the gradients so far, where they are measured by their variance. @default undefined: by their mean square */
  readonly mean?: tf.Tensor | undefined;
  /** float32 [3]: the learning rate, how much of the last update goes into this one, and how much a gradient adds to the means, 0 … 1. */
  readonly rates: tf.Tensor1D;
}

/** Options of descendAdam() and descendRmsProp(). */
export interface AdaptiveOptions {
  /** What is added to what is divided by: Adam's to the root, RMSProp's under it. */
  readonly epsilon: number;
}

/**
 * A step of Adam: mean ← mean + gain · (gradient − mean), square ← square + gain · (gradient² − square),
 * variable ← variable − decay · variable − learningRate · mean / (√square + ε). On a CPU it is one pass over the data, by an operation
 * of the addon.
 * @returns  the next variable, mean and square; the caller disposes
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shapes differ
 * @see tf.raw_ops.ApplyAdam
 */
export function descendAdam(
  from: AdamDescent,
  options: AdaptiveOptions,
): [variable: tf.Tensor, mean: tf.Tensor, square: tf.Tensor] {
  if (device().isGpu) return standardAdam(from, options);
  const { variable, mean, square, gradient, rates } = from;
  const next = execute("SlimlabAdam", [variable, mean, square, gradient, rates], epsilonOf(options), 3);
  return next as [tf.Tensor, tf.Tensor, tf.Tensor];
}

/** The same by TensorFlow's own operations. */
export function standardAdam(
  { variable, mean, square, gradient, rates }: AdamDescent,
  { epsilon }: AdaptiveOptions,
): [variable: tf.Tensor, mean: tf.Tensor, square: tf.Tensor] {
  expectOneShape("Sub", "variable, mean, square and gradient", [variable, mean, square, gradient]);
  return tf.tidy(() => {
    const [rate, decay, meanGain, squareGain] = scalarsOf(rates, 4);
    const nextMean = approach(mean, gradient, meanGain);
    const nextSquare = approach(square, gradient.square(), squareGain);
    const change = nextMean.mul(rate).div(nextSquare.sqrt().add(epsilon));
    return [variable.sub(variable.mul(decay)).sub(change), nextMean, nextSquare];
  });
}

/**
 * A step of RMSProp: square ← square + gain · (gradient² − square), mean ← mean + gain · (gradient − mean) if there is one,
 * velocity ← momentum · velocity + learningRate · gradient / √(square − mean² + ε), variable ← variable − velocity. On a CPU it is one
 * pass over the data, by an operation of the addon.
 * @returns  the next variable, square, velocity, and mean if there is one; the caller disposes
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shapes differ
 * @see tf.raw_ops.ApplyRMSProp, tf.raw_ops.ApplyCenteredRMSProp
 */
export function descendRmsProp(
  from: RmsPropDescent,
  options: AdaptiveOptions,
): [variable: tf.Tensor, square: tf.Tensor, velocity: tf.Tensor, mean?: tf.Tensor] {
  if (device().isGpu) return standardRmsProp(from, options);
  const { variable, square, velocity, mean, gradient, rates } = from;
  const means = mean === undefined ? [] : [mean];
  const inputs = [variable, square, velocity, ...means, gradient, rates];
  const attrs = { ...epsilonOf(options), means: attr.int(means.length) };
  return execute("SlimlabRmsProp", inputs, attrs, 3 + means.length) as [tf.Tensor, tf.Tensor, tf.Tensor];
}

/** The same by TensorFlow's own operations. */
export function standardRmsProp(
  { variable, square, velocity, mean, gradient, rates }: RmsPropDescent,
  { epsilon }: AdaptiveOptions,
): [variable: tf.Tensor, square: tf.Tensor, velocity: tf.Tensor, mean?: tf.Tensor] {
  const means = mean === undefined ? [] : [mean];
  expectOneShape("Sub", "variable, slots and gradient", [variable, square, velocity, ...means, gradient]);
  return tf.tidy(() => {
    const [rate, momentum, gain] = scalarsOf(rates, 3);
    const nextSquare = approach(square, gradient.square(), gain);
    const nextMean = mean === undefined ? undefined : approach(mean, gradient, gain);
    const spread = nextMean === undefined ? nextSquare : nextSquare.sub(nextMean.square());
    const change = gradient.mul(rate).div(spread.add(epsilon).sqrt());
    const nextVelocity = velocity.mul(momentum).add(change);
    const next = [variable.sub(nextVelocity), nextSquare, nextVelocity] as const;
    return nextMean === undefined ? [...next] : [...next, nextMean];
  });
}

const epsilonOf = ({ epsilon }: AdaptiveOptions): Attrs => ({ epsilon: attr.float(epsilon) });

/** from + gain · (to − from) */
function approach(from: tf.Tensor, to: tf.Tensor, gain: tf.Tensor): tf.Tensor {
  return from.add(to.sub(from).mul(gain));
}

function scalarsOf(rates: tf.Tensor1D, count: 3): [tf.Tensor, tf.Tensor, tf.Tensor];
function scalarsOf(rates: tf.Tensor1D, count: 4): [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
function scalarsOf(rates: tf.Tensor1D, count: number): tf.Tensor[] {
  if (rates.size !== count)
    throw new TensorFlowError("Sub", "INVALID_ARGUMENT", `expected ${count} rates, got ${rates.size}`);
  return tf.unstack(rates);
}
