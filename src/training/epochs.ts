/** A training's epochs: what each has given, its validation, and who is told. */
import { createEvalStep, evaluate, type EvalStep, type Evaluation } from "./evaluate";
import type { Batch } from "./batch/batch";
import type { Callback, EpochResult, Training } from "./callbacks/callback";
import { originOf, type FeatureBatch } from "./features/origin";
import type { MetricRecord, Metrics } from "./metrics";
import type { StepResult, TrainStep } from "./step/step";
import type { Precision } from "../tensorflow";

/** Options of train() that make epochs. */
export interface ValidationOptions {
  /** Steps that make an epoch: a whole number from 1 on. @default all of the call */
  readonly stepsPerEpoch?: number;
  /** Batches that end, of [{ image }, label] or what features() gives with isTraining: false: evaluated after each epoch. @default none */
  readonly validation?: AsyncIterable<Batch | FeatureBatch>;
  /** More to measure in validations; those that give a number are in the epoch's `metrics`. @default none */
  readonly metrics?: Metrics<MetricRecord>;
  /** What validations are computed in; see trace(). @default "float32" */
  readonly validationPrecision?: Precision;
}

/** What an epoch has so far, of one step: an interrupt leaves it there for the next call. */
interface Tally {
  /** Epochs before it. */
  ended: number;
  steps: number;
  images: number;
  /** Sums over the images. */
  loss: number;
  accuracy: number;
  seconds: number;
  trainSeconds: number;
  learningRate: number;
  /** Whether all its steps are taken and its end is not told yet. */
  isDue: boolean;
}

const tallies = new WeakMap<TrainStep, Tally>();

const EMPTY = { steps: 0, images: 0, loss: 0, accuracy: 0, seconds: 0, trainSeconds: 0, learningRate: NaN, isDue: false }; // prettier-ignore

/** The epochs of one call of train(). */
export interface Epochs {
  /** Counts a step, which took so many images and seconds. */
  add(result: StepResult, images: number, seconds: number): void;
  /** Makes the steps so far an epoch, if there are any. */
  close(): void;
  /**
   * Validates an epoch whose steps are taken, and tells of it; nothing if none is.
   * @param validated  what a validation has given already. @default validates
   */
  finish(validated?: Validated): Promise<void>;
  dispose(): void;
}

/**
 * The epochs of one call, which goes on with what an interrupt has left of the call before.
 * @throws {RangeError} if stepsPerEpoch is no whole number from 1 on
 */
export function epochsOf(
  training: Training,
  callbacks: readonly Callback[],
  options: ValidationOptions & { readonly signal: AbortSignal | undefined },
): Epochs {
  const { stepsPerEpoch = Infinity, validation } = options;
  if (!((Number.isSafeInteger(stepsPerEpoch) && stepsPerEpoch >= 1) || stepsPerEpoch === Infinity))
    throw new RangeError(`Cannot train: expected stepsPerEpoch a whole number from 1 on, got ${stepsPerEpoch}`); // prettier-ignore
  const { step } = training;
  const tally = tallies.get(step) ?? { ended: 0, ...EMPTY };
  tallies.set(step, tally);
  let evalStep: EvalStep | undefined;

  const validate = async (): Promise<Validated> => {
    if (validation === undefined) return {};
    const { metrics, validationPrecision: precision, signal } = options;
    evalStep ??= createEvalStep(training.model, { features: originOf(validation), precision });
    metrics?.reset();
    const more = { ...(metrics && { metrics }), ...(signal && { signal }) };
    return validatedOf(await evaluate(training.model, validation, { evalStep, ...more }), metrics);
  };
  return {
    add: ({ crossEntropy, accuracy, learningRate }, images, seconds) => {
      tally.steps++;
      tally.images += images;
      tally.loss += crossEntropy * images;
      tally.accuracy += accuracy * images;
      tally.seconds += seconds;
      tally.trainSeconds += seconds;
      tally.learningRate = learningRate;
      tally.isDue = tally.steps >= stepsPerEpoch;
    },
    close: () => void (tally.isDue = tally.steps > 0),
    finish: async (known) => {
      if (!tally.isDue) return;
      const begun = performance.now();
      const validated = known ?? (await validate());
      tally.seconds += (performance.now() - begun) / 1000;
      const epoch = epochOf(tally, step.globalStep, validated);
      Object.assign(tally, EMPTY, { ended: epoch.epoch });
      for (const callback of callbacks) await callback.onEpochEnd?.(epoch, training);
    },
    dispose: () => evalStep?.dispose(),
  };
}

/** What a validation gives of an epoch. */
export type Validated = Pick<EpochResult, "validationLoss" | "validationAccuracy" | "metrics">;

function validatedOf(
  { crossEntropy, accuracy }: Evaluation,
  metrics: Metrics<MetricRecord> | undefined,
): Validated {
  const numbers = Object.entries(metrics?.result() ?? {}).flatMap(([name, value]) =>
    typeof value === "number" ? [[name, value] as const] : [],
  );
  return {
    validationLoss: crossEntropy,
    validationAccuracy: accuracy,
    ...(metrics && { metrics: Object.fromEntries(numbers) }),
  };
}

function epochOf(tally: Tally, globalStep: number, validated: Validated): EpochResult {
  const { ended, images, loss, accuracy, learningRate, seconds, trainSeconds } = tally;
  return {
    epoch: ended + 1,
    globalStep,
    trainLoss: loss / images,
    trainAccuracy: accuracy / images,
    ...validated,
    learningRate,
    seconds,
    imagesPerSecond: images / trainSeconds,
  };
}
