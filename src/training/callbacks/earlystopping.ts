import { noting, type Callback, type EpochResult } from "./callback";
import { bestWeights } from "./keepbest";
import { expectCount, monitorOf, type MonitorOptions } from "./monitor";

/** Options of earlyStopping(), by Keras' names. */
export interface EarlyStoppingCallbackOptions extends MonitorOptions {
  /** Epochs in a row without an improvement that are waited for; 0 stops at the first, as 1 does. @default 0 */
  readonly patience?: number;
  /** A value that must be improved on: until then each epoch counts as one without an improvement. @default none */
  readonly baseline?: number;
  /** Whether the model gets the weights of the best epoch when the training ends. @default false */
  readonly restoreBestWeights?: boolean;
  /** Epochs at the beginning that do not count. @default 0 */
  readonly startFromEpoch?: number;
}

/** A callback that ends a training which does not improve. */
export interface EarlyStopping extends Callback {
  /** The epoch after which it has ended the training; undefined if it has not. */
  readonly stoppedEpoch: number | undefined;
  /** The best epoch so far. */
  readonly bestEpoch: number | undefined;
  /** Frees the best weights, of a training that was given up. */
  dispose(): void;
}

/**
 * Ends a training when an epoch's number has not improved for so many epochs.
 *
 * As Keras' does, but that NaN is never the best, that a number which is missing is an error, and that a training which goes on
 * after an interrupt counts on.
 * @throws {RangeError} if an option is out of its range
 * @example
 * await train(step, batches, { steps: 1000, stepsPerEpoch: 50, validation, callbacks: [earlyStopping({ patience: 3 })] });
 * @see keras.callbacks.EarlyStopping, Keras 3.15.1
 */
export function earlyStopping(options: EarlyStoppingCallbackOptions = {}): EarlyStopping {
  const what = "stop early";
  const { patience = 0, baseline, restoreBestWeights = false, startFromEpoch = 0 } = options;
  const monitor = monitorOf(what, options);
  expectCount(what, "patience", patience, 0);
  expectCount(what, "startFromEpoch", startFromEpoch, 0);
  const kept = bestWeights();
  let [best, bestEpoch, stoppedEpoch]: (number | undefined)[] = [];
  let wait = 0;
  /** Whether the epoch is the best so far. */
  const { onTrainBegin, note } = noting((epoch: EpochResult): boolean => {
    const value = monitor.valueIn(epoch);
    if (epoch.epoch <= startFromEpoch) return false;
    wait++;
    if (!monitor.isBetter(value, best)) return false;
    [best, bestEpoch] = [value, epoch.epoch];
    if (baseline === undefined || monitor.isBetter(value, baseline)) wait = 0;
    return true;
  });
  return {
    onTrainBegin,
    get bestEpoch() {
      return bestEpoch;
    },
    get stoppedEpoch() {
      return stoppedEpoch;
    },
    onEpochEnd: (epoch, { model, requestStop }) => {
      const isBest = note(epoch);
      if (isBest && restoreBestWeights) kept.keep(model);
      if (isBest || epoch.epoch <= startFromEpoch || wait < patience || epoch.epoch === 1) return;
      stoppedEpoch = epoch.epoch;
      requestStop();
    },
    onTrainEnd: kept.restore,
    dispose: kept.dispose,
  };
}
