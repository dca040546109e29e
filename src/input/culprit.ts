/** Which records can't be decoded. */
import { bytesOf, createIterator, nextElement, tf, TensorFlowError } from "../tensorflow";
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
    for (let record = 0; ; record++) {
      const leaves = await nextElement(iterator, types);
      const [bytes = new Uint8Array()] = leaves.flatMap(bytesOf);
      tf.dispose(leaves);
      yield tryRecord(bytes, { file, record }, decodings);
    }
  } catch (error) {
    if (!(error instanceof TensorFlowError) || error.code !== "OUT_OF_RANGE") throw error;
  } finally {
    iterator.dispose();
  }
}

const READ_AHEAD = 8e6;

function tryRecord(
  bytes: Uint8Array,
  place: { readonly file: string; readonly record: number },
  decodings: readonly Decoding[],
): Tried {
  try {
    for (const decoding of decodings) decoding(bytes).forEach((tensor) => tensor.dispose());
    return undefined;
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return new RecordError(bytes, error.reason, { place, cause: error.cause });
  }
}

const IN_FUNCTION = /\[\[\{\{node /; // an operation of a recorded function, as map()'s
const LONGEST_MS = 60_000;

/**
 * The record at which the decoding in one of a plan's functions failed: the first in the files that can't be decoded for
 * the same reason. Looks for it for a minute, or until the cell is interrupted.
 * @param error  that ended an iteration
 */
export async function findCulprit(error: unknown, plan: Plan<unknown>): Promise<RecordError | undefined> {
  if (!(error instanceof TensorFlowError) || !IN_FUNCTION.test(error.reason)) return undefined;
  const reason = cleaned(error.reason);
  if (isBaked(reason)) return undefined; // of the function, not of a record
  const decodings = allPlans(plan).flatMap((one) => one.decodings?.() ?? []);
  if (decodings.length === 0) return undefined;
  const end = performance.now() + LONGEST_MS;
  for (const file of knownFiles(plan))
    for await (const tried of tryRecords(file, decodings)) {
      if (tried?.cause instanceof TensorFlowError && cleaned(tried.cause.reason) === reason) return tried;
      if (performance.now() > end || cellSignal()?.aborted === true) return undefined;
    }
  return undefined;
}
