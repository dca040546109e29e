/** Numbers read of what is computed. */
import { tf } from "./runtime";

/**
 * The numbers of a tensor that work computes; all its tensors are freed. Where tidy() itself gives numbers back it looks through each
 * of them for tensors: more than two microseconds a number (tfjs 4.22).
 * @param compute  gives the tensor
 */
export function readNumbers<D extends "float32" | "int32" = "float32">(
  compute: () => tf.Tensor,
): tf.DataTypeMap[D] {
  const read: tf.DataTypeMap[D][] = [];
  tf.tidy(() => void read.push(compute().dataSync<D>()));
  const [numbers] = read;
  if (numbers === undefined) throw new TypeError("Cannot read numbers: expected a tensor, got none");
  return numbers;
}
