import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import type { tf } from "../runtime/runtime";

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
