import { functionCount } from "./trace/registered";
import { handleCount, tf } from "./runtime/runtime";

/** What is alive now. */
export interface Memory {
  /** tfjs tensors, variables included. */
  readonly tensors: number;
  /** TensorFlow's tensor handles; a tensor whose value was never used has none. */
  readonly handles: number;
  /** Recorded functions that TensorFlow holds. */
  readonly functions: number;
}

/** Counts what is alive: the same before and after a piece of work means that it leaks nothing. */
export function memory(): Memory {
  return { tensors: tf.memory().numTensors, handles: handleCount(), functions: functionCount() };
}
