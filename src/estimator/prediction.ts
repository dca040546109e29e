/** Predictions, example by example, as plain values. */
import { bytesOf, dataType, tf } from "../tensorflow";
import type { Predictor } from "./cells";
import type { Features } from "./spec";

/** An output of one example: a number, or an array of them; texts as bytes are. */
export type PredictedValue = number | string | readonly PredictedValue[];

/** The outputs of one example, by name. */
export type Prediction = Readonly<Record<string, PredictedValue>>;

/**
 * The predictions for each example of a batch.
 * @param keys  which outputs; undefined: all
 * @throws {RangeError} if there is no output of a name
 */
export async function predictAll(
  predict: Predictor,
  features: Features,
  keys: readonly string[] | undefined,
): Promise<Prediction[]> {
  const outputs = await predict(features);
  try {
    const names = keys ?? Object.keys(outputs);
    const columns = await Promise.all(names.map((name) => rowsOf(outputs[name], name, Object.keys(outputs))));
    const batch = Math.min(...columns.map(({ length }) => length));
    return Array.from({ length: batch }, (_, i) =>
      Object.fromEntries(names.map((name, column) => [name, columns[column]?.[i] ?? NaN])),
    );
  } finally {
    tf.dispose(outputs);
  }
}

async function rowsOf(
  tensor: tf.Tensor | undefined,
  name: string,
  names: readonly string[],
): Promise<readonly PredictedValue[]> {
  if (tensor === undefined)
    throw new RangeError(`Cannot predict: expected keys among ${names.join(", ")}, got "${name}"`);
  if (tensor.rank === 0)
    throw new TypeError(`Cannot predict: expected "${name}" to be [batch, …], got a scalar`);
  if (dataType(tensor) === "string") return bytesOf(tensor).map((bytes) => Buffer.from(bytes).toString());
  const values: unknown = await tensor.array();
  return isRows(values) ? values : [];
}

function isRows(values: unknown): values is readonly PredictedValue[] {
  return Array.isArray(values);
}
