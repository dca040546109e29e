/** Tensors whose values are made when they are asked for. */
import { dataTypeNumber, type DataType } from "./datatype";
import { handlesOf, observe, storedOf, wrap, type tf } from "./runtime";

/**
 * A tensor whose values are made when they are asked for first: never, if it is disposed, or a variable of it assigned, before.
 * @param make  gives a tensor of the shape and type, which is freed
 */
export function deferred(shape: readonly number[], dtype: DataType, make: () => tf.Tensor): tf.Tensor {
  const tensor = wrap({ id: -1, dtype: dataTypeNumber(dtype), shape: [...shape] });
  const stored = storedOf(tensor);
  const get = (): null => {
    stored.id = observe(undefined, () => takeHandle(make()));
    Object.defineProperty(stored, "values", { value: null, writable: true });
    return null;
  };
  Object.defineProperty(stored, "values", { configurable: true, get }); // where tfjs looks before it takes a handle
  return tensor;
}

/** The handle of a tensor, which is freed without it. */
function takeHandle(tensor: tf.Tensor): number {
  const [handle = -1] = handlesOf([tensor]);
  storedOf(tensor).id = -1;
  tensor.dispose();
  return handle;
}
