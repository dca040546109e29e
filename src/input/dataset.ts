import { availableParallelism } from "node:os";
import type { ParallelCalls, tf, TensorTree } from "../tensorflow";
import { BadRecords } from "./badrecords";
import { filterPlan, interleavePlan, mapPlan } from "./functions";
import { DatasetIterator, type IteratorOptions } from "./iterator";
import { badOf, leaveOutPlan } from "./leaveout";
import type {
  BatchOptions,
  IgnoreErrorsOptions,
  InterleaveOptions,
  MapOptions,
  ResampleOptions,
  ShuffleOptions,
} from "./options";
import { leftOutOf, releaseAll, type LeftOut, type Plan } from "./plan";
import type { RecordError } from "./recorderror";
import { resamplePlan } from "./resample";
import type { Batched, Sliced } from "./shapes";
import { rangePlan, slicesPlan, stringsPlan } from "./sources";
import {
  batchPlan,
  cachePlan,
  concatenatePlan,
  prefetchPlan,
  repeatPlan,
  shardPlan,
  shufflePlan,
  skipPlan,
  takePlan,
  zipPlan,
} from "./steps";

/** A tree whose type keeps its tuples: `[{ image }, label]` is a pair, not an array. */
export type Element = TensorTree | readonly [TensorTree, ...TensorTree[]];

/**
 * A stream of elements, each a tensor or an array or record of tensors, that TensorFlow's tf.data computes in C++.
 *
 * A dataset is a description: nothing runs before it is iterated, each step gives a new dataset, and each iteration starts anew.
 * @example
 * for await (const batch of Dataset.range(5).map((x) => x.mul(2)).batch(2)) batch.print(); // [0, 2] [4, 6] [8]
 * @see tf.data.Dataset
 */
export class Dataset<T> implements AsyncIterable<T> {
  /** @internal */
  constructor(
    /** @internal */
    readonly plan: Plan<T>,
  ) {}

  /** A dataset of the strings. */
  static fromTensorSlices(strings: readonly string[]): Dataset<tf.Scalar>;
  /**
   * A dataset of slices along the first dimension.
   * @param tree  tensors of one first dimension, in arrays and records as you like; they stay yours, and must live as long as the dataset
   * @throws {TypeError} if the first dimensions differ
   */
  static fromTensorSlices<T extends Element>(tree: T): Dataset<Sliced<T>>;
  static fromTensorSlices(tree: TensorTree | readonly string[]): Dataset<unknown> {
    return new Dataset<unknown>(isStrings(tree) ? stringsPlan(tree) : slicesPlan(tree));
  }

  /**
   * The int32 scalars 0, 1, … stop - 1, or start, start + step, … before stop.
   * @throws {RangeError} if a number is not whole, or the step is 0
   */
  static range(start: number, stop?: number, step = 1): Dataset<tf.Scalar> {
    return new Dataset(stop === undefined ? rangePlan(0, start, step) : rangePlan(start, stop, step));
  }

  /** Elements of several datasets side by side, until the first of them ends. */
  static zip<A extends readonly Dataset<unknown>[]>(
    ...datasets: A
  ): Dataset<{ [K in keyof A]: A[K] extends Dataset<infer T> ? T : never }> {
    if (datasets.length === 0) throw new TypeError("Cannot zip: expected at least one dataset, got none");
    return new Dataset(zipPlan(datasets.map(({ plan }) => plan)));
  }

  /**
   * A function's results. The function runs on the first element alone, twice, and is recorded as a TensorFlow function, as by
   * trace(); TensorFlow runs the recording. If the two runs differ, as with a counter, it is refused. So it must use graph operations only, and what it reads of `tensor.shape` is the first
   * element's: for elements of different sizes use dynamicShape() and operations that take tensors. Random numbers come from
   * `random`, with a seed that is part of the element.
   * @throws {TypeError} when iterated, if the function reads values or gives anything but tensors
   */
  map<U extends Element>(fn: (element: T) => U, options: MapOptions = {}): Dataset<U> {
    return new Dataset(mapPlan(this.plan, fn, parallelCalls(options)));
  }

  /**
   * The same results without those of records that a TFExampleDecoder can't decode in map()'s function: images that are none,
   * features that are missing. Comes right after map(). Any other error, as of a missing or damaged file, stays one.
   *
   * A bad record is found when it is come to, and left out before map() from then on, in all iterations of this dataset. To
   * find one, what was read before it is read again, undecoded, and a shuffle fills its buffer: 0.7 s a bad record of 78 MB of
   * records, shuffled as a whole; none costs nothing. Positions hold which were left out. Where there are many, checkRecords()
   * and createInputFn()'s `without` are faster.
   * @throws {TypeError} if this dataset was not made by map()
   * @throws {Error} when iterated, if more than half of the records are bad, or most of the first hundreds
   * @example dataset.map((record) => decoder.decode(record)).ignoreErrors({ onError: (error) => console.warn(error.message) })
   * @see tf.data.Dataset.ignore_errors, which leaves out whatever fails, and says nothing of it
   */
  ignoreErrors({ onError }: IgnoreErrorsOptions = {}): Dataset<T> {
    const bad = new BadRecords(onError);
    const plan = this.plan.after?.((parent) => leaveOutPlan(parent, bad));
    if (plan !== undefined) return new Dataset(plan);
    throw new TypeError(
      `Cannot ignore errors: expected a dataset made by map(), whose function decodes records, got one made by ${this.plan.name}()`,
    );
  }

  /** The elements for which a function gives true. @param predicate gives a bool scalar; recorded as map()'s function is */
  filter(predicate: (element: T) => tf.Tensor): Dataset<T> {
    return new Dataset(filterPlan(this.plan, predicate));
  }

  /**
   * Each element as often as a function says on average: of weight 0.3 in about three of ten passes, of 2.5 twice or three times,
   * one after the other, so that shuffle() comes after it. What is drawn is the same at each run of the same seed, and another in
   * each pass. An iteration that is resumed goes on with the very same elements.
   * @param weightOf  gives a float32 scalar, 0 or more; recorded as map()'s function is
   * @throws {TypeError} when iterated, if the function gives anything else
   * @example
   * const weights = tf.tensor1d(balancedWeights([900, 100]));
   * const balanced = examples.resample(([, label]) => weights.gather(label)).shuffle(1000);
   * @see torch.utils.data.WeightedRandomSampler and tf.data's rejection_resample, which do the like; Gupta et al. 2019 (arXiv 1908.03195) §5
   */
  resample(weightOf: (element: T) => tf.Tensor, { seed }: ResampleOptions = {}): Dataset<T> {
    return new Dataset(resamplePlan(this.plan, weightOf, seed));
  }

  /**
   * The elements in random order: each is drawn from a buffer of the next `bufferSize`, or of "all", which makes a whole mix.
   *
   * Each element comes once, and then, with repeat() after it, each once again in another order; with repeat() before it, some
   * come again before others have come once.
   * @throws {RangeError} if bufferSize is no whole number ≥ 1
   */
  shuffle(bufferSize: number | "all", options: ShuffleOptions = {}): Dataset<T> {
    const { seed, reshuffleEachIteration = true } = options;
    if (bufferSize !== "all") expectWhole("shuffle", "bufferSize", bufferSize, 1);
    return new Dataset(shufflePlan(this.plan, bufferSize, { seed, reshuffleEachIteration }));
  }

  /** The dataset `count` times over; without a count, for ever. */
  repeat(count?: number): Dataset<T> {
    if (count !== undefined) expectWhole("repeat", "count", count, 0);
    return new Dataset(repeatPlan(this.plan, count ?? -1));
  }

  /**
   * Elements stacked, `size` at a time; the last batch may be smaller.
   * @throws {RangeError} if size is no whole number ≥ 1
   * @throws {Error} when iterated, if elements of one batch have different shapes
   */
  batch(size: number, options: BatchOptions = {}): Dataset<Batched<T>> {
    const { dropRemainder = false, numParallelCalls } = options;
    expectWhole("batch", "size", size, 1);
    const calls = numParallelCalls === undefined ? undefined : callCount(numParallelCalls);
    return new Dataset(batchPlan<T, Batched<T>>(this.plan, { size, dropRemainder, numParallelCalls: calls }));
  }

  /** Works up to `bufferSize` elements ahead of who reads; "auto": of ever more while who reads has to wait. */
  prefetch(bufferSize: number | "auto"): Dataset<T> {
    if (bufferSize !== "auto") expectWhole("prefetch", "bufferSize", bufferSize, 0);
    return new Dataset(prefetchPlan(this.plan, bufferSize === "auto" ? GROWING : bufferSize));
  }

  /** The first `count` elements. */
  take(count: number): Dataset<T> {
    expectWhole("take", "count", count, 0);
    return new Dataset(takePlan(this.plan, count));
  }

  /** All but the first `count` elements. */
  skip(count: number): Dataset<T> {
    expectWhole("skip", "count", count, 0);
    return new Dataset(skipPlan(this.plan, count));
  }

  /**
   * Remembers the elements of the first whole iteration for those that follow: in memory, as long as this dataset is used, or in
   * files whose names begin with `file`. An iteration that is left before its end leaves nothing behind.
   */
  cache(file = ""): Dataset<T> {
    return new Dataset(cachePlan(this.plan, file));
  }

  /** Every `count`-th element, from `index` on: the share of one of `count` workers. */
  shard(count: number, index: number): Dataset<T> {
    expectWhole("shard", "count", count, 1);
    expectWhole("shard", "index", index, 0);
    if (index >= count) throw new RangeError(`Cannot shard: expected an index below ${count}, got ${index}`);
    return new Dataset(shardPlan(this.plan, count, index));
  }

  /** The elements of the datasets that a function gives, in turns. @param fn recorded as map()'s function is */
  interleave<U>(fn: (element: T) => Dataset<U>, options: InterleaveOptions = {}): Dataset<U> {
    const { cycleLength = 1, blockLength = 1 } = options;
    expectWhole("interleave", "cycleLength", cycleLength, 1);
    expectWhole("interleave", "blockLength", blockLength, 1);
    const turns = { cycleLength, blockLength, ...parallelCalls(options, cycleLength) };
    return new Dataset(interleavePlan(this.plan, (element: T) => fn(element).plan, turns));
  }

  /** This dataset, then another of elements of the same form. */
  concatenate(other: Dataset<T>): Dataset<T> {
    return new Dataset(concatenatePlan(this.plan, other.plan));
  }

  /** What its batches leave out, where that can be told: elements that do not fill a last one, with `dropRemainder`. */
  get leftOut(): LeftOut | undefined {
    return leftOutOf(this.plan);
  }

  /** The records that ignoreErrors() has left out so far, in all iterations, each once. */
  get bad(): readonly RecordError[] {
    return badOf(this.plan);
  }

  /** One pass over the elements, for reading them by hand. */
  iterator(options: IteratorOptions = {}): DatasetIterator<T> {
    return new DatasetIterator(this.plan, options);
  }

  /** One pass over the elements. Each element's tensors are disposed when the loop goes on or ends; see DatasetIterator. */
  [Symbol.asyncIterator](): DatasetIterator<T> {
    return this.iterator();
  }

  /**
   * The first element, to look at; the caller disposes.
   * @throws {RangeError} if there is none
   */
  async first(): Promise<T> {
    const iterator = this.iterator();
    try {
      const element = await iterator.take();
      if (element === undefined) throw new RangeError(`Cannot take the first element: expected one, got ${described(this.leftOut)}`); // prettier-ignore
      return element;
    } finally {
      iterator.dispose();
    }
  }

  /**
   * Frees what this dataset and those that it is made from hold in TensorFlow: recorded functions, caches in memory. It can still
   * be iterated, and then makes them anew; iterations under way go on. Otherwise they are freed once the dataset is out of reach.
   */
  dispose(): void {
    releaseAll(this.plan);
  }
}

function described(leftOut: LeftOut | undefined): string {
  return leftOut === undefined ? "none" : `${leftOut.count}, which fill no batch of ${leftOut.batchSize}`;
}

const GROWING = -1; // tf.data.AUTOTUNE: PrefetchAutotuner doubles the buffer where it is found empty

/** @param useful  more calls than these have nothing to do */
function parallelCalls(options: MapOptions, useful = Infinity): ParallelCalls {
  const { numParallelCalls = "auto", deterministic = true } = options;
  return { numParallelCalls: callCount(numParallelCalls, useful), deterministic };
}

function callCount(calls: number | "auto", useful = Infinity): number {
  if (calls === "auto") return Math.min(availableParallelism(), useful);
  expectWhole("run calls in parallel", "numParallelCalls", calls, 1);
  return calls;
}

function expectWhole(verb: string, name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new RangeError(`Cannot ${verb}: expected ${name} to be a whole number >= ${least}, got ${value}`);
}

function isStrings(tree: unknown): tree is readonly string[] {
  return Array.isArray(tree) && tree.every((item) => typeof item === "string");
}
