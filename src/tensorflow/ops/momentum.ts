import { attr } from "../runtime/attributes";
import { execute } from "../trace/execute";
import { device, tf } from "../runtime/runtime";
import { expectOneShape } from "./oneshape";

/** Options of descend(). */
export interface DescendOptions {
  /** How much of the last update goes into the next, 0 … 1; a float32 scalar where each call has its own. */
  readonly momentum: number | tf.Scalar;
  /** Whether the gradient counts as if taken where the momentum leads (Nesterov). @default false */
  readonly ahead?: boolean;
}

/** What a step of gradient descent starts from; variable, slot and gradient are float32 of one shape. */
export interface Descent {
  readonly variable: tf.Tensor;
  readonly slot: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** float32 scalar */
  readonly learningRate: tf.Tensor;
}

/**
 * A step of gradient descent with momentum: slot ← momentum · slot + gradient, variable ← variable − learningRate · slot.
 * On a CPU it is one pass over the data, by an operation of the addon; traced, so are a weight decay that is added to the gradient
 * and the gradient's l2Loss().
 * @returns  the next variable and slot; the caller disposes
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shapes differ
 * @see tf.raw_ops.ApplyMomentum
 */
export function descend(from: Descent, options: DescendOptions): [variable: tf.Tensor, slot: tf.Tensor] {
  if (device().isGpu) return standardDescend(from, options);
  const { variable, slot, gradient, learningRate } = from;
  const { momentum, ahead = false } = options;
  const isFed = typeof momentum !== "number";
  const attrs = { momentum: attr.float(isFed ? 0 : momentum), ahead: attr.bool(ahead) };
  const rates = isFed ? tf.stack([learningRate, momentum]) : learningRate;
  const next = execute("SlimlabMomentum", [variable, slot, gradient, rates], attrs, 2);
  if (isFed) rates.dispose();
  return next as [tf.Tensor, tf.Tensor];
}

/** The same by TensorFlow's own operations, which would broadcast. */
export function standardDescend(
  { variable, slot, gradient, learningRate }: Descent,
  { momentum, ahead = false }: DescendOptions,
): [variable: tf.Tensor, slot: tf.Tensor] {
  expectOneShape("Mul", "variable, slot and gradient", [variable, slot, gradient]);
  return tf.tidy(() => {
    const nextSlot = slot.mul(momentum).add(gradient);
    const update = ahead ? gradient.add(nextSlot.mul(momentum)) : nextSlot;
    return [variable.sub(update.mul(learningRate)), nextSlot];
  });
}
