/** What steps of optimizers ask of their tensors; TensorFlow's own operations would broadcast. */
import { TensorFlowError } from "../runtime/error";
import type { tf } from "../runtime/runtime";

/**
 * Checks that tensors are of one shape.
 * @param op     the operation that is about to run, for the error
 * @param names  the tensors' in words: "variable, slot and gradient"
 * @throws {TensorFlowError} INVALID_ARGUMENT if they are not
 */
export function expectOneShape(op: string, names: string, tensors: readonly tf.Tensor[]): void {
  const shapes = tensors.map(({ shape }) => `[${shape.join(", ")}]`);
  if (new Set(shapes).size === 1) return;
  throw new TensorFlowError(
    op,
    "INVALID_ARGUMENT",
    `expected one shape for ${names}, got ${shapes.join(", ")}`,
  );
}
