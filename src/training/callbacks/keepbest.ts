import type { Model } from "../../model/model";
import { keepWeights, type KeptWeights } from "../../model/weights";
import { Saver } from "../saver";
import { noting, type Callback, type EpochResult } from "./callback";
import { monitorOf, type MonitorOptions } from "./monitor";

/** Options of keepBest(). */
export interface KeepBestOptions extends MonitorOptions {
  /** Where the best weights are saved too, as a checkpoint: a prefix, or a folder that ends in "/". @default nowhere */
  readonly path?: string;
}

/** A callback that keeps a model's best weights. */
export interface KeepBest extends Callback {
  /** The best epoch so far. */
  readonly bestEpoch: number | undefined;
  /** Its number. */
  readonly best: number | undefined;
  /** The global step at which the loss was no longer finite, for which it has ended the training; undefined if it has not. */
  readonly divergedAt: number | undefined;
  /** Gives the model the best weights so far, without the end of a training. */
  restore(this: void): void;
  /** Frees the best weights, of a training that was given up. */
  dispose(this: void): void;
}

/**
 * Keeps the weights and moving statistics of the best epoch, and gives them back to the model when the training ends. The optimizer's
 * variables and the global step stay those of the last step.
 *
 * A training that diverges keeps its best weights too: where the loss is no longer finite it ends without an error, once an epoch is
 * kept; `divergedAt` says so.
 * @throws {RangeError} if an option is out of its range
 * @see keras.callbacks.ModelCheckpoint with save_best_only, EarlyStopping with restore_best_weights, Keras 3.15.1
 */
export function keepBest(options: KeepBestOptions = {}): KeepBest {
  const { path } = options;
  const monitor = monitorOf("keep the best weights", options);
  const kept = bestWeights();
  const saver = new Saver({ maxToKeep: 1 });
  let [best, bestEpoch, divergedAt]: (number | undefined)[] = [];
  /** Whether the epoch is the best so far. */
  const { onTrainBegin, note } = noting((epoch: EpochResult): boolean => {
    const value = monitor.valueIn(epoch);
    if (!monitor.isBetter(value, best)) return false;
    [best, bestEpoch] = [value, epoch.epoch];
    return true;
  });
  return {
    onTrainBegin,
    get divergedAt() {
      return divergedAt;
    },
    onStep: ({ loss, globalStep }, { requestStop }) => {
      if (Number.isFinite(loss) || bestEpoch === undefined) return;
      divergedAt = globalStep;
      requestStop();
    },
    get best() {
      return best;
    },
    get bestEpoch() {
      return bestEpoch;
    },
    onEpochEnd: async (epoch, { model }) => {
      if (!note(epoch)) return;
      kept.keep(model);
      if (path !== undefined) await saver.save(path, model, { globalStep: epoch.globalStep });
    },
    onTrainEnd: kept.restore,
    restore: kept.restore,
    dispose: kept.dispose,
  };
}

/** One set of weights, the latest kept. */
export interface BestWeights {
  keep(this: void, model: Model): void;
  /** Gives the model what was kept last; nothing if there is nothing. */
  restore(this: void): void;
  dispose(this: void): void;
}

/** A place for the best weights of a training, empty at first. */
export function bestWeights(): BestWeights {
  let kept: KeptWeights | undefined;
  const dispose = (): void => {
    kept?.dispose();
    kept = undefined;
  };
  return {
    keep: (model) => {
      dispose();
      kept = keepWeights(model, "keep the best weights");
    },
    restore: () => {
      kept?.restore();
      dispose();
    },
    dispose,
  };
}
