/** Hooks that end a training before its last step. */
import { readEvalMetrics, type EvalScalars } from "./evalevents";
import type { RunHook } from "./hooks";
import { Timer } from "./timer";

/** How often a stopping hook asks. */
export interface EarlyStoppingOptions {
  /** @default 60, unless runEverySteps is given */
  readonly runEverySecs?: number;
  /** @default none: by time */
  readonly runEverySteps?: number;
}

/** Options of hooks that stop by an evaluation's metric. */
export interface MetricStoppingOptions extends EarlyStoppingOptions {
  /** @default the estimator's evalDir() */
  readonly evalDir?: string;
  /** Evaluations before this step do not count. @default 0 */
  readonly minSteps?: number;
}

/** What a stopping hook needs of an estimator. */
export interface Evaluated {
  evalDir(): string;
}

/**
 * Stops training when a function says so. It is asked after the first step, then from time to time.
 * @throws {RangeError} if there are both intervals, or one is not above 0
 * @see tf.estimator.experimental.make_early_stopping_hook
 */
export function makeEarlyStoppingHook(
  shouldStop: () => boolean | Promise<boolean>,
  options: EarlyStoppingOptions = {},
): RunHook {
  const { runEverySecs, runEverySteps } = options;
  if (runEverySecs !== undefined && runEverySteps !== undefined)
    throw new RangeError("Cannot stop early: expected runEverySecs or runEverySteps, got both");
  const everySecs = runEverySecs ?? (runEverySteps === undefined ? 60 : undefined);
  expectNumbers({ runEverySecs: everySecs, runEverySteps }, "above 0", (value) => value > 0);
  const timer = new Timer({ everySecs, everySteps: runEverySteps });
  return {
    afterRun: async ({ globalStep, requestStop }) => {
      if (!timer.isDue(globalStep)) return;
      timer.mark(globalStep);
      if (await shouldStop()) requestStop();
    },
  };
}

/**
 * Stops when a metric is above a threshold in an evaluation.
 * @throws {RangeError} if a number is none that it may be
 * @see tf.estimator.experimental.stop_if_higher_hook
 */
export function stopIfHigherHook(
  estimator: Evaluated,
  metric: string,
  threshold: number,
  options: MetricStoppingOptions = {},
): RunHook {
  expectNumbers({ threshold }, "a number", () => true);
  return stopByMetric(estimator, metric, options, (values) => values.some(([, value]) => value > threshold));
}

/**
 * Stops when a metric is below a threshold in an evaluation.
 * @throws {RangeError} if a number is none that it may be
 * @see tf.estimator.experimental.stop_if_lower_hook
 */
export function stopIfLowerHook(
  estimator: Evaluated,
  metric: string,
  threshold: number,
  options: MetricStoppingOptions = {},
): RunHook {
  expectNumbers({ threshold }, "a number", () => true);
  return stopByMetric(estimator, metric, options, (values) => values.some(([, value]) => value < threshold));
}

/**
 * Stops when a metric has not risen above its best for so many steps. NaN is no best.
 * @throws {RangeError} if a number is none that it may be
 * @see tf.estimator.experimental.stop_if_no_increase_hook
 */
export function stopIfNoIncreaseHook(
  estimator: Evaluated,
  metric: string,
  maxStepsWithoutIncrease: number,
  options: MetricStoppingOptions = {},
): RunHook {
  expectNumbers({ maxStepsWithoutIncrease }, "above 0", (value) => value > 0);
  const isBetter = (value: number, best: number): boolean => value > best;
  return stopByMetric(estimator, metric, options, (values) =>
    isStuck(values, maxStepsWithoutIncrease, isBetter),
  );
}

/**
 * Stops when a metric has not fallen below its best for so many steps. NaN is no best.
 *
 * A pretrained network's "loss" is mostly its weight decay: "crossEntropy" tells what it learns.
 * @throws {RangeError} if a number is none that it may be
 * @example
 * const hooks = [stopIfNoDecreaseHook(estimator, "crossEntropy", 1000, { runEverySteps: 100 })];
 * @see tf.estimator.experimental.stop_if_no_decrease_hook
 */
export function stopIfNoDecreaseHook(
  estimator: Evaluated,
  metric: string,
  maxStepsWithoutDecrease: number,
  options: MetricStoppingOptions = {},
): RunHook {
  expectNumbers({ maxStepsWithoutDecrease }, "above 0", (value) => value > 0);
  const isBetter = (value: number, best: number): boolean => value < best;
  return stopByMetric(estimator, metric, options, (values) =>
    isStuck(values, maxStepsWithoutDecrease, isBetter),
  );
}

type Values = readonly (readonly [step: number, value: number])[];

function isStuck(values: Values, most: number, isBetter: (value: number, best: number) => boolean): boolean {
  let best: readonly [step: number, value: number] | undefined;
  for (const [step, value] of values) {
    if (best === undefined || Number.isNaN(best[1]) || isBetter(value, best[1])) best = [step, value];
    if (step - best[0] >= most) return true;
  }
  return false;
}

function stopByMetric(
  estimator: Evaluated,
  metric: string,
  options: MetricStoppingOptions,
  shouldStop: (values: Values) => boolean,
): RunHook {
  const { evalDir = estimator.evalDir(), minSteps = 0, ...often } = options;
  expectNumbers({ minSteps }, "0 or more", (value) => value >= 0);
  let lastBefore: number | undefined;
  return makeEarlyStoppingHook(async () => {
    const all = [...(await readEvalMetrics(evalDir))].filter(([step]) => step >= minSteps);
    const [step = -1, newest = {}] = all.at(-1) ?? [];
    lastBefore ??= step;
    if (step !== lastBefore) expectMetric(newest, metric); // those of before may be another model function's
    return shouldStop(
      all.flatMap(([at, { [metric]: value }]) => (value === undefined ? [] : [[at, value] as const])),
    );
  }, often);
}

function expectMetric(scalars: EvalScalars, metric: string): void {
  if (metric in scalars) return;
  const names = Object.keys(scalars).join(", ");
  throw new RangeError(`Cannot stop early: expected a metric among ${names}, got "${metric}"`);
}

function expectNumbers(
  numbers: Readonly<Record<string, number | undefined>>,
  expected: string,
  isRight: (value: number) => boolean,
): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value === undefined || (!Number.isNaN(value) && isRight(value))) continue;
    throw new RangeError(`Cannot stop early: expected ${name} ${expected}, got ${value}`);
  }
}
