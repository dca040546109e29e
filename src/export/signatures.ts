/** Signatures: functions by name, recorded for any batch size, as a SavedModel holds them. */
import { recordFunction, typeNumber, type Precision, type ServingFunction, type tf } from "../tensorflow";

/** A function that a SavedModel shall have. */
export interface ExportSignature {
  /** Takes and gives tensors by name; graph operations only, see trace(). */
  readonly fn: (inputs: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>>;
  /** Tensors of the inputs' types and shapes, all of one batch size, which stays open. */
  readonly example: Readonly<Record<string, tf.Tensor>>;
  /** Shapes with more that is open, by input; null: open. @default the example's, but for the batch */
  readonly shapes?: Readonly<Record<string, readonly (number | null)[]>>;
  /** What TensorFlow Serving may do with it. @default "predict" */
  readonly method?: "predict" | "classify" | "regress";
  /** Further names of the same. @default none */
  readonly aliases?: readonly string[];
}

/** A recorded signature; the caller disposes. */
export interface RecordedSignature extends ServingFunction {
  dispose(): void;
}

/**
 * Records a signature.
 * @throws {TypeError} if the function does what a graph can't, or has no input with a batch
 */
export function recordSignature(
  name: string,
  signature: ExportSignature,
  precision: Exclude<Precision, "auto"> = "float32",
): RecordedSignature {
  const { fn, example, shapes = {}, method = "predict", aliases = [] } = signature;
  const keys = Object.keys(example);
  const batch = Object.values(example)[0]?.shape[0];
  if (batch === undefined) {
    throw new TypeError(`Cannot export "${name}": expected an input with a first dimension, got none`);
  }
  let outputs: string[] = [];
  const run = (...tensors: tf.Tensor[]): tf.Tensor[] => {
    const results = fn(Object.fromEntries(tensors.map((tensor, i) => [keys[i] ?? "", tensor])));
    outputs = Object.keys(results);
    return Object.values(results);
  };
  const recorded = recordFunction(run, Object.values(example), name, { batch: "any", precision });
  const inputs = Object.entries(example).map(([key, tensor]) => ({
    name: key,
    dtype: typeNumber(tensor),
    shape: shapes[key] ?? tensor.shape.map((size, axis) => (axis === 0 && size === batch ? null : size)),
  }));
  const names = [name, ...aliases];
  const dispose = (): void => recorded.dispose();
  return { names, fn: recorded, inputs, outputs, batch, method: `tensorflow/serving/${method}`, dispose };
}
