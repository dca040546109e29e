import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";

/**
 * The same tensor.
 * @param x        float32, any shape
 * @param message  what the error says, with "Tensor had NaN values" or the like
 * @throws {TensorFlowError} INVALID_ARGUMENT unless all of it is finite; inside a traced function the call throws
 * @see tf.debugging.check_numerics
 */
export function checkFinite<T extends tf.Tensor>(x: T, message: string): T {
  return executeOne("CheckNumerics", [x], { T: attr.type("float32"), message: attr.string(message) }) as T;
}

/**
 * The first row that is not finite; -1 if all are. Reads the values.
 * @param x  float32 [rows, …]
 */
export function firstNotFinite(x: tf.Tensor): number {
  const others = x.shape.map((_, axis) => axis).slice(1);
  // 0 times a number is 0, but not of NaN and infinite ones.
  return tf.tidy(() => x.mul(0).sum(others).dataSync()).findIndex((sum) => sum !== 0);
}
