/** Which records can't be decoded. */
import { bytesOf, createIterator, nextElement, tf, TensorFlowError, type DataType } from "../tensorflow";
import { cellSignal } from "../interrupt";
import type { Decoding } from "./decoding";
import { isBaked } from "./failure";
import { compressionOf } from "./frames";
import { allPlans, knownFiles, type Plan } from "./plan";
import { cleaned } from "./reason";
import { RecordError } from "./recorderror";
import { recordsPlan } from "./sources";

/** What came of one record: its error, if it can't be decoded. */
export type Tried = RecordError | undefined;

/**
 * Tries the records of a file, one after the other; ends where the file is damaged.
 * @throws {TensorFlowError} DATA_LOSS where the file is damaged
 */
export async function* tryRecords(file: string, decodings: readonly Decoding[]): AsyncGenerator<Tried, void> {
  const plan = recordsPlan([file], compressionOf(file) ?? "", READ_AHEAD);
  const { types } = plan.spec();
  const iterator = tf.tidy(() => tf.keep(createIterator(plan.build(), types)));
  try {
    let record = 0;
    for await (const bytes of recordsOf(iterator, types)) {
      const error = decodingError(bytes, decodings);
      const options = { place: { file, record: record++ }, cause: error?.cause };
      yield error === undefined ? undefined : new RecordError(bytes, error.reason, options);
    }
  } finally {
    iterator.dispose();
  }
}

/** The records of a native iterator's elements: the first string of each. */
export async function* recordsOf(
  iterator: tf.Tensor,
  types: readonly DataType[],
): AsyncGenerator<Uint8Array, void> {
  try {
    for (;;) {
      const leaves = await nextElement(iterator, types);
      const record = leaves[types.indexOf("string")];
      const [bytes = new Uint8Array()] = record === undefined ? [] : bytesOf(record);
      tf.dispose(leaves);
      yield bytes;
    }
  } catch (error) {
    if (!(error instanceof TensorFlowError) || error.code !== "OUT_OF_RANGE") throw error;
  }
}

const READ_AHEAD = 8e6;

/** What is wrong with a record, if it can't be decoded. */
export function decodingError(bytes: Uint8Array, decodings: readonly Decoding[]): RecordError | undefined {
  try {
    for (const decoding of decodings) decoding(bytes).forEach((tensor) => tensor.dispose());
    return undefined;
  } catch (error) {
    if (error instanceof RecordError) return error;
    throw error;
  }
}

const IN_FUNCTION = /\[\[\{\{node /; // an operation of a recorded function, as map()'s

/** For how long records are looked through, at one error. */
export const LONGEST_MS = 60_000;

/** Whether an error is of what a recorded function did with an element, which may be the element's fault. */
export function isOfFunction(error: unknown): error is TensorFlowError {
  if (!(error instanceof TensorFlowError) || !IN_FUNCTION.test(error.reason)) return false;
  return !isBaked(cleaned(error.reason)); // that is the function's fault
}

/** Operations that decode parts of JPEGs have other words for what is wrong. */
const isOfJpeg = (reason: string): boolean => /\bJPEG\b/.test(reason);

/**
 * The record at which the decoding in one of a plan's functions failed: the first in the files that can't be decoded for
 * the same reason; or for any, if that is about a JPEG. Looks for it for a minute, or until the cell is interrupted.
 * @param error  that ended an iteration
 */
export async function findCulprit(error: unknown, plan: Plan<unknown>): Promise<RecordError | undefined> {
  if (!isOfFunction(error)) return undefined;
  const reason = cleaned(error.reason);
  const decodings = allPlans(plan).flatMap((one) => one.decodings?.() ?? []);
  if (decodings.length === 0) return undefined;
  const end = performance.now() + LONGEST_MS;
  let first: RecordError | undefined;
  for (const file of knownFiles(plan))
    for await (const tried of tryRecords(file, decodings)) {
      if (tried?.cause instanceof TensorFlowError) {
        if (cleaned(tried.cause.reason) === reason) return tried;
        if (isOfJpeg(reason)) first ??= tried;
      }
      if (performance.now() > end || cellSignal()?.aborted === true) return undefined;
    }
  return first;
}
