import { agree } from "../distribute";
import { cellSignal } from "../interrupt";
import { expectBatches, type Batch } from "./batch/batch";
import { expectEnd, leftOutOf, noBatches } from "./batch/end";
import { expectCallbacks, type Callback, type Training } from "./callbacks/callback";
import { batchSizeOf } from "./batch/size";
import { givenOf, originOf, type FeatureBatch } from "./features/origin";
import { epochsOf, type ValidationOptions } from "./epochs";
import type { StepResult, TrainStep } from "./step/step";

/** Options of train(). */
export interface TrainOptions extends ValidationOptions {
  /** Steps to take now, a whole number; none if it is 0 or less. @default one for each batch of the dataset, which must then end */
  readonly steps?: number;
  /** Called after each step, e.g. to draw a curve; the next step waits for what it returns. */
  readonly onStep?: (result: StepResult) => void | Promise<void>;
  /** What else goes on at the turns of the training, in this order. @default none */
  readonly callbacks?: readonly Callback[];
  /**
   * Stops between two steps, with its reason as the error; the model keeps what it has learned.
   * @default the running cell's, if it is a notebook's: its Interrupt
   */
  readonly signal?: AbortSignal;
}

/**
 * Takes training steps on the batches of a dataset.
 *
 * Calling it again goes on: model, optimizer and global step are the step's. Given a dataset it reads that from its start; given
 * an iterator (`dataset.iterator()`) it goes on where that is, also after an interrupt, and leaves it open; of an epoch that was
 * interrupted what it had counts on.
 * In a cluster, with the same call in each process, it ends for all where it ends for one: by the end of its dataset, or by
 * cluster.close(). Processes without `steps` take as many as the others.
 * @param dataset  batches of [{ image }, label], or what features() gives, where the step goes on from their endpoint; whoever made
 *   it frees them
 * @returns        the results of the steps, in order
 * @throws {TypeError} if the dataset or a callback is none
 * @throws {RangeError} if the first batch's pixels are not in 0…255, unless the model takes any
 * @throws {RangeError} if features are of other weights than the model has now, or of an endpoint up to which the step trains a layer
 * @throws {RangeError} if `steps` is no whole number, the dataset ends before, or the loss is no longer finite
 * @throws {RangeError} if stepsPerEpoch is no whole number from 1 on, or the validation has no end
 * @throws what the signal gives as its reason
 * @example
 * const curve = lossCurve();
 * await train(step, batches, { steps: 40, onStep: ({ globalStep, crossEntropy, accuracy }) => curve.add(globalStep, { crossEntropy, accuracy }) });
 */
export async function train(
  step: TrainStep,
  dataset: AsyncIterable<Batch | FeatureBatch>,
  options: TrainOptions = {},
): Promise<StepResult[]> {
  const { steps = Infinity, onStep, callbacks = [], signal = cellSignal() } = options;
  if (!(Number.isSafeInteger(steps) || steps === Infinity))
    throw new RangeError(`Cannot train: expected steps a whole number, got ${steps}`);
  expectBatches(dataset, "train");
  expectCallbacks(callbacks);
  const results: StepResult[] = [];
  let isStopped = false;
  const batchSize = batchSizeOf(dataset);
  const lastStep = steps === Infinity ? undefined : step.globalStep + Math.max(0, steps);
  const training: Training = {
    step,
    model: step.model,
    lastStep,
    hyperparameters: { ...step.hyperparameters, ...(batchSize !== undefined && { batchSize }) },
    requestStop: () => void (isStopped = true),
  };
  if (options.validation !== undefined) {
    expectBatches(options.validation, "validate");
    expectEnd(options.validation, "validate");
  }
  const epochs = epochsOf(training, callbacks, { ...options, signal });
  signal?.throwIfAborted();
  try {
    await epochs.finish(); // which an interrupt may have left to be told
    if (steps <= 0) return results;
    for (const callback of callbacks) await callback.onTrainBegin?.(training);
    const steppings = stepsOf(step, dataset, { steps, wants: () => !isStopped });
    for await (const { result, images, seconds } of steppings) {
      results.push(result);
      epochs.add(result, images, seconds);
      await onStep?.(result);
      for (const callback of callbacks) await callback.onStep?.(result, training);
      if (!isStopped) expectFinite(result);
      signal?.throwIfAborted();
      await epochs.finish();
    }
    epochs.close();
    await epochs.finish();
  } finally {
    epochs.dispose();
  }
  for (const callback of callbacks) await callback.onTrainEnd?.(training);
  return results;
}

interface Stepping {
  readonly result: StepResult;
  readonly images: number;
  /** From the wish for the batch to the end of the step. */
  readonly seconds: number;
}

/** Takes steps as long as they are wanted and there are batches. */
async function* stepsOf(
  step: TrainStep,
  dataset: AsyncIterable<Batch | FeatureBatch>,
  { steps, wants }: { readonly steps: number; readonly wants: () => boolean },
): AsyncGenerator<Stepping> {
  const origin = originOf(dataset);
  const take = origin === undefined ? step : step.from(origin);
  const batches = leftOpen(dataset)[Symbol.asyncIterator]();
  let [taken, isLast] = [0, false];
  try {
    while (taken < steps) {
      const begun = performance.now();
      const next = wants() ? await batches.next() : undefined;
      isLast = next?.done === true;
      // Who has no batch left, or wants no more, ends all.
      const goesOn = await agree(step.cluster, next !== undefined && !isLast);
      if (!goesOn || next === undefined || next.done === true) break;
      const [given, labels] = [givenOf(next.value, origin, "train"), next.value[1]];
      if (taken === 0 && origin === undefined) step.expectPixels(given); // the step may know this shape of another dataset
      const result = await take(given, labels);
      taken++;
      yield { result, images: labels.shape[0], seconds: (performance.now() - begun) / 1000 };
    }
  } finally {
    await batches.return?.();
  }
  if (wants()) expectEnough(dataset, { steps, taken, isLast });
}

function expectEnough(
  dataset: AsyncIterable<unknown>,
  { steps, taken, isLast }: { readonly steps: number; readonly taken: number; readonly isLast: boolean },
): void {
  const isEnough = steps === Infinity ? taken > 0 || !isLast : taken >= steps;
  if (isEnough) return;
  const leftOut = leftOutOf(dataset);
  if (taken === 0 && isLast && leftOut !== undefined) throw noBatches("train", leftOut);
  const wanted = steps === Infinity ? "any" : String(steps);
  const ended = isLast ? "the dataset ended; repeat it for more" : "another process ended its training";
  throw new RangeError(`Cannot train: expected ${wanted} batches, got ${taken} before ${ended}`);
}

/** The same batches; an iterator is not closed when no more are wanted, a dataset's own is. */
function leftOpen<T>(dataset: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = dataset[Symbol.asyncIterator]();
  const isIterator = Object.is(iterator, dataset);
  const close = (): Promise<IteratorResult<T>> =>
    (isIterator ? undefined : iterator.return?.()) ?? Promise.resolve({ done: true, value: undefined });
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next(), return: close }) };
}

function expectFinite({ loss, globalStep, learningRate }: StepResult): void {
  if (Number.isFinite(loss)) return;
  throw new RangeError(
    `Cannot go on training: expected a finite loss, got ${loss} at step ${globalStep} with learning rate ${learningRate}`,
  );
}
