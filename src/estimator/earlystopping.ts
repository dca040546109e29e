/** Hooks that end a training before its last step. */
import { readEvalMetrics, type EvalScalars } from "./evalevents";
import type { RunHook } from "./hooks";
import { Timer } from "./timer";

/** How often a stopping hook asks. */
export interface EarlyStoppingOptions {
  /** @default 60, unless runEverySteps is given */
  readonly runEverySecs?: number;
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
 * @throws {RangeError} if there are both intervals
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
  const timer = new Timer({ everySecs, everySteps: runEverySteps });
  return {
    afterRun: async ({ globalStep, requestStop }) => {
      if (!timer.isDue(globalStep)) return;
      timer.mark(globalStep);
      if (await shouldStop()) requestStop();
    },
  };
}

/** Stops when a metric is above a threshold in an evaluation. @see tf.estimator.experimental.stop_if_higher_hook */
export function stopIfHigherHook(
  estimator: Evaluated,
  metric: string,
  threshold: number,
  options: MetricStoppingOptions = {},
): RunHook {
  return stopByMetric(estimator, metric, options, (values) => values.some(([, value]) => value > threshold));
}

/** Stops when a metric is below a threshold in an evaluation. @see tf.estimator.experimental.stop_if_lower_hook */
export function stopIfLowerHook(
  estimator: Evaluated,
  metric: string,
  threshold: number,
  options: MetricStoppingOptions = {},
): RunHook {
  return stopByMetric(estimator, metric, options, (values) => values.some(([, value]) => value < threshold));
}

/**
 * Stops when a metric has not risen above its best for so many steps.
 * @see tf.estimator.experimental.stop_if_no_increase_hook
 */
export function stopIfNoIncreaseHook(
  estimator: Evaluated,
  metric: string,
  maxStepsWithoutIncrease: number,
  options: MetricStoppingOptions = {},
): RunHook {
  const isBetter = (value: number, best: number): boolean => value > best;
  return stopByMetric(estimator, metric, options, (values) =>
    isStuck(values, maxStepsWithoutIncrease, isBetter),
  );
}

/**
 * Stops when a metric has not fallen below its best for so many steps.
 * @example
 * const hooks = [stopIfNoDecreaseHook(estimator, "loss", 1000, { runEverySteps: 100 })];
 * @see tf.estimator.experimental.stop_if_no_decrease_hook
 */
export function stopIfNoDecreaseHook(
  estimator: Evaluated,
  metric: string,
  maxStepsWithoutDecrease: number,
  options: MetricStoppingOptions = {},
): RunHook {
  const isBetter = (value: number, best: number): boolean => value < best;
  return stopByMetric(estimator, metric, options, (values) =>
    isStuck(values, maxStepsWithoutDecrease, isBetter),
  );
}

type Values = readonly (readonly [step: number, value: number])[];

function isStuck(values: Values, most: number, isBetter: (value: number, best: number) => boolean): boolean {
  let best: readonly [step: number, value: number] | undefined;
  for (const [step, value] of values) {
    if (best === undefined || isBetter(value, best[1])) best = [step, value];
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
  return makeEarlyStoppingHook(async () => {
    const all = [...(await readEvalMetrics(evalDir))].filter(([step]) => step >= minSteps);
    return shouldStop(all.map(([step, scalars]) => [step, valueOf(scalars, metric)]));
  }, often);
}

function valueOf(scalars: EvalScalars, metric: string): number {
  const value = scalars[metric];
  if (value !== undefined) return value;
  const names = Object.keys(scalars).join(", ");
  throw new RangeError(`Cannot stop early: expected a metric among ${names}, got "${metric}"`);
}
