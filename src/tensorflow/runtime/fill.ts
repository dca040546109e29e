/** Tensors filled part by part. */
import { dataTypeNumber } from "./datatype";
import { native, wrap, type tf } from "./runtime";

/** How the values that a tensor is filled with lie. */
export interface FilledFrom {
  /** The dimensions in the order of the values, the last the fastest. */
  readonly split: readonly number[];
  /** The same in the tensor's order: tensor dimension i is split[order[i]]. */
  readonly order: readonly number[];
}

/**
 * A tensor of values that come part by part, its dimensions in another order than theirs; only one part is held beside it.
 * @param shape  of the tensor: as many values as `split` has
 * @param parts  one after the other, all there are
 * @returns      float32; the caller disposes
 * @throws {TensorFlowError} INVALID_ARGUMENT if there are more or fewer values
 */
export function fillTensor(
  shape: readonly number[],
  { split, order }: FilledFrom,
  parts: Iterable<Float32Array>,
): tf.Tensor {
  const filling = native.beginFilling(shape, split, order);
  for (const part of parts) native.fill(filling, part);
  return wrap({ id: native.endFilling(filling), dtype: dataTypeNumber("float32"), shape: [...shape] });
}
