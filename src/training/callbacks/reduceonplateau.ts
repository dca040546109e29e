import { noting, type Callback, type EpochResult } from "./callback";
import { expectCount, monitorOf, type MonitorOptions } from "./monitor";

/** Options of reduceOnPlateau(), by Keras' names. */
export interface ReduceOnPlateauOptions extends MonitorOptions {
  /** What the learning rates are multiplied by: above 0, below 1. @default 0.1 */
  readonly factor?: number;
  /** Epochs in a row without an improvement that are waited for. @default 10 */
  readonly patience?: number;
  /** A change by less is no improvement. @default 1e-4 */
  readonly minDelta?: number;
  /** Epochs after a reduction that do not count. @default 0 */
  readonly cooldown?: number;
  /** The least learning rate, of the last layer if rates differ. @default 0 */
  readonly minLr?: number;
}

/**
 * Lowers all learning rates when an epoch's number has not improved for so many epochs, by the step's `learningRateFactor`, so that it
 * goes with any schedule.
 * @throws {RangeError} if an option is out of its range
 * @see keras.callbacks.ReduceLROnPlateau, Keras 3.15.1
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): Callback {
  const what = "reduce learning rates";
  const { factor = 0.1, patience = 10, minDelta = 1e-4, cooldown = 0, minLr = 0 } = options;
  const monitor = monitorOf(what, { ...options, minDelta });
  expectCount(what, "patience", patience, 0);
  expectCount(what, "cooldown", cooldown, 0);
  if (!(factor > 0 && factor < 1))
    throw new RangeError(`Cannot ${what}: expected factor in 0 … 1, but neither, got ${factor}`);
  if (!(minLr >= 0 && minLr < Infinity))
    throw new RangeError(`Cannot ${what}: expected minLr 0 or more, got ${minLr}`);
  let best: number | undefined;
  let [wait, cooling] = [0, 0];
  /** What the learning rates are to be multiplied by after the epoch. */
  const { onTrainBegin, note } = noting((epoch: EpochResult): number => {
    const value = monitor.valueIn(epoch);
    if (cooling > 0) [cooling, wait] = [cooling - 1, 0];
    if (monitor.isBetter(value, best)) [best, wait] = [value, 0];
    else if (cooling === 0 && ++wait >= patience && epoch.learningRate > minLr) {
      [cooling, wait] = [cooldown, 0];
      return Math.max(epoch.learningRate * factor, minLr) / epoch.learningRate;
    }
    return 1;
  });
  return {
    onTrainBegin, // the step has its factor still
    onEpochEnd: (epoch, { step }) => void (step.learningRateFactor *= note(epoch)),
  };
}
