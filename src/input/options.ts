/** What the steps of a dataset are told. */
import type { RecordError } from "./recorderror";

/** Options of Dataset.map(). */
export interface MapOptions {
  /** Calls at once; "auto": one a processor, of interleave() at most `cycleLength`. @default "auto" */
  readonly numParallelCalls?: number | "auto";
  /** Whether results keep the order of the elements. @default true */
  readonly deterministic?: boolean;
}

/** Options of Dataset.interleave(). */
export interface InterleaveOptions extends MapOptions {
  /** Datasets read at once. @default 1 */
  readonly cycleLength?: number;
  /** Elements taken from one dataset before it is the next one's turn. @default 1 */
  readonly blockLength?: number;
}

/** Options of resample(). */
export interface ResampleOptions {
  /** Makes what is drawn the same at each run. @default another at each run */
  readonly seed?: number;
}

/** Options of Dataset.shuffle(). */
export interface ShuffleOptions {
  /** The same seed gives the same sequence of orders, that of Python's tf.data. @default another at each run */
  readonly seed?: number;
  /** Whether each repetition has another order, in repeat() and in one loop after the other. @default true */
  readonly reshuffleEachIteration?: boolean;
}

/** Options of Dataset.ignoreErrors(). */
export interface IgnoreErrorsOptions {
  /** Told of each record that is left out, once: its file, number, image/filename and what is wrong. @default nobody */
  readonly onError?: (error: RecordError) => void;
}

/** Options of Dataset.batch(). */
export interface BatchOptions {
  /** Whether elements that do not fill a last batch are left out. @default false */
  readonly dropRemainder?: boolean;
  /** Batches put together at once; "auto": one a processor. @default one after the other */
  readonly numParallelCalls?: number | "auto";
}
