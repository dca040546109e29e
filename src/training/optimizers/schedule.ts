/** Learning rates that change while a model learns. */
import { describe, described } from "./description";

/** A learning rate, or a momentum, by the step, counted from 0. */
export type Schedule = (step: number) => number;

interface CommonOptions {
  /** Over this many first steps the rate rises evenly, from its part for one step up to the whole. @default 0 */
  readonly warmupSteps?: number;
}

/** Always the same rate. */
export interface ConstantOptions extends CommonOptions {
  readonly schedule: "constant";
  /** @default 0.01 (TF-Slim train_image_classifier) */
  readonly learningRate?: number;
}

/** learningRate · decayRate ^ (step / decaySteps), as tf.train.exponential_decay. */
export interface ExponentialOptions extends CommonOptions {
  /** @default "exponential" */
  readonly schedule?: "exponential";
  /** @default 0.01 (TF-Slim train_image_classifier) */
  readonly learningRate?: number;
  readonly decaySteps: number;
  /** @default 0.94 (TF-Slim train_image_classifier) */
  readonly decayRate?: number;
  /** Whether the rate falls once every `decaySteps`, not a little at each step. @default true (TF-Slim) */
  readonly staircase?: boolean;
}

/** Half a cosine wave from learningRate down to endLearningRate, as tf.train.cosine_decay. */
export interface CosineOptions extends CommonOptions {
  readonly schedule: "cosine";
  /** @default 0.01 (TF-Slim train_image_classifier) */
  readonly learningRate?: number;
  readonly decaySteps: number;
  /** The rate from `decaySteps` on, at most learningRate. @default 0: then nothing is learned any more */
  readonly endLearningRate?: number;
}

/** (learningRate − end) · (1 − step / decaySteps) ^ power + end, as tf.train.polynomial_decay. */
export interface PolynomialOptions extends CommonOptions {
  readonly schedule: "polynomial";
  /** @default 0.01 (TF-Slim train_image_classifier) */
  readonly learningRate?: number;
  readonly decaySteps: number;
  /** The rate from `decaySteps` on, at most learningRate. @default 0.0001 (TF-Slim train_image_classifier) */
  readonly endLearningRate?: number;
  /** Above 0. @default 1 */
  readonly power?: number;
}

/** values[i] up to and including step boundaries[i], the last value after, as tf.train.piecewise_constant. */
export interface PiecewiseOptions extends CommonOptions {
  readonly schedule: "piecewise";
  /** Steps, ascending. */
  readonly boundaries: readonly number[];
  /** One rate more than there are boundaries. */
  readonly values: readonly number[];
}

/** Options of configureLearningRate(). */
export type LearningRateOptions =
  ConstantOptions | ExponentialOptions | CosineOptions | PolynomialOptions | PiecewiseOptions;

/**
 * A learning rate as a function of the step.
 * @throws {RangeError} if a number makes no schedule
 * @example
 * const rate = configureLearningRate({ learningRate: 0.01, decaySteps: 100, decayRate: 0.5 });
 * [0, 99, 100, 200].map(rate); // [0.01, 0.01, 0.005, 0.0025]
 */
export function configureLearningRate(options: LearningRateOptions): Schedule {
  const { warmupSteps = 0 } = options;
  expectNumber("warmupSteps", warmupSteps, "0 or more", (value) => value >= 0);
  const rate = scheduleOf(options);
  const warmed = (step: number): number => rate(step) * Math.min(1, (step + 1) / Math.max(1, warmupSteps));
  const { schedule = "exponential", ...given } = options;
  return described(warmed, describe(schedule, given));
}

function scheduleOf(options: LearningRateOptions): Schedule {
  if (options.schedule === "piecewise") return piecewise(options);
  const { learningRate = 0.01 } = options;
  expectNumber("learningRate", learningRate, "0 or more", (value) => value >= 0);
  if (options.schedule === "constant") return () => learningRate;
  const { decaySteps } = options;
  expectNumber("decaySteps", decaySteps, "more than 0", (value) => value > 0);
  const progress = (step: number): number => Math.min(step / decaySteps, 1);
  if (options.schedule === "cosine") {
    const { endLearningRate = 0 } = options;
    expectEnd(endLearningRate, learningRate);
    const height = (learningRate - endLearningRate) / 2;
    return (step) => endLearningRate + height * (1 + Math.cos(Math.PI * progress(step)));
  }
  if (options.schedule === "polynomial") {
    const { endLearningRate = 0.0001, power = 1 } = options;
    expectEnd(endLearningRate, learningRate);
    expectNumber("power", power, "more than 0", (value) => value > 0);
    const height = learningRate - endLearningRate;
    return (step) => endLearningRate + height * (1 - progress(step)) ** power;
  }
  const { schedule = "exponential", decayRate = 0.94, staircase = true } = options;
  if (schedule !== "exponential")
    throw new RangeError(
      `Cannot configure the learning rate: expected schedule "constant", "exponential", "cosine", "polynomial" or "piecewise", got "${String(schedule)}"`,
    );
  expectNumber("decayRate", decayRate, "more than 0", (value) => value > 0);
  const periods = (step: number): number => (staircase ? Math.floor(step / decaySteps) : step / decaySteps);
  return (step) => learningRate * decayRate ** periods(step);
}

function piecewise({ boundaries, values }: PiecewiseOptions): Schedule {
  const [last] = values.slice(-1);
  if (last === undefined || values.length !== boundaries.length + 1) {
    throw new RangeError(
      `Cannot configure the learning rate: expected one value more than ${boundaries.length} boundaries, got ${values.length}`,
    );
  }
  for (const value of values) expectNumber("values", value, "0 or more", (one) => one >= 0);
  if (!boundaries.every((boundary, i) => boundary > (boundaries[i - 1] ?? -Infinity))) {
    throw new RangeError(
      `Cannot configure the learning rate: expected boundaries that ascend, got ${boundaries.join(", ")}`,
    );
  }
  return (step) => values[boundaries.findIndex((boundary) => step <= boundary)] ?? last;
}

/** One that rises where it should fall is a default meant for greater rates. */
function expectEnd(endLearningRate: number, learningRate: number): void {
  const isRight = (value: number): boolean => value >= 0 && value <= learningRate;
  expectNumber("endLearningRate", endLearningRate, `in 0 … ${learningRate}, the learningRate`, isRight);
}

function expectNumber(name: string, value: number, kind: string, isRight: (value: number) => boolean): void {
  if (Number.isFinite(value) && isRight(value)) return;
  throw new RangeError(`Cannot configure the learning rate: expected ${name} ${kind}, got ${value}`);
}
