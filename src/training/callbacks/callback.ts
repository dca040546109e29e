import { inspect } from "node:util";
import type { Model } from "../../model/model";
import type { Hyperparameter } from "../../tensorflow";
import type { StepResult, TrainStep } from "../step/step";

/** A training under way, as its callbacks see it. */
export interface Training {
  readonly step: TrainStep;
  readonly model: Model;
  /** The global step at which it is to end, if that is known. */
  readonly lastStep?: number | undefined;
  /** What it is made with, as a table of runs tells it. @default unknown */
  readonly hyperparameters?: Readonly<Record<string, Hyperparameter>>;
  /** What went before, of one that goes on after an interrupt: fineTune() tells it. @default unknown */
  readonly history?: History;
  /** Ends it after this step, as if there were no more to take; the callbacks that follow are still called. */
  requestStop(this: void): void;
}

/** What a training has given so far. */
export interface History {
  readonly steps: readonly StepResult[];
  readonly epochs: readonly EpochResult[];
}

/** What an epoch has given. */
export interface EpochResult {
  /** From 1 on, of those that the step has trained. */
  readonly epoch: number;
  /** Updates that the model has behind it. */
  readonly globalStep: number;
  /** Cross-entropy without weight decay, the mean over the images that were trained on, each before its update. */
  readonly trainLoss: number;
  /** 0…1, likewise */
  readonly trainAccuracy: number;
  /** Cross-entropy without weight decay; absent without validation, as all that follows from it. */
  readonly validationLoss?: number;
  /** 0…1 */
  readonly validationAccuracy?: number;
  /** Of the validation, by the names of the metrics asked for that give a number. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Of the last step. */
  readonly learningRate: number;
  /** The whole epoch took so long, its validation included. */
  readonly seconds: number;
  /** Trained on, while there was training. */
  readonly imagesPerSecond: number;
}

/**
 * What else goes on at the turns of a training: a plain object with the functions it needs, each of which is awaited. What a callback
 * remembers is its own: the same one given to the next call of train(), as after an interrupt, goes on; another training needs a new one.
 * Of a fineTune() that goes on, ours that are made anew know what went before, by its history.
 * @see keras.callbacks.Callback, Keras 3.15
 */
export interface Callback {
  /** Before the first batch is read. */
  onTrainBegin?(training: Training): void | Promise<void>;
  /** After each step. One that asks to stop at a loss that is not finite spares the error. */
  onStep?(result: StepResult, training: Training): void | Promise<void>;
  /** After the last step of an epoch and its validation. */
  onEpochEnd?(epoch: EpochResult, training: Training): void | Promise<void>;
  /** After the last step, also when a callback has ended the training; not after an error or an interrupt. */
  onTrainEnd?(training: Training): void | Promise<void>;
}

/** How a callback takes note of epochs. */
export interface Noting<R> {
  /** Of the epochs that it has not seen, of a training that goes on. */
  onTrainBegin(this: void, training: Training): void;
  /** Of one that ends now. */
  note(this: void, epoch: EpochResult): R;
}

/** Has a callback take note of each epoch once, also of those that a training which goes on had before the callback was made. */
export function noting<R>(noteOne: (epoch: EpochResult) => R): Noting<R> {
  let last = 0;
  const note = (epoch: EpochResult): R => {
    last = epoch.epoch;
    return noteOne(epoch);
  };
  const onTrainBegin = ({ history }: Training): void =>
    history?.epochs.filter(({ epoch }) => epoch > last).forEach(note);
  return { onTrainBegin, note };
}

const HOOKS = [
  "onTrainBegin",
  "onStep",
  "onEpochEnd",
  "onTrainEnd",
] as const satisfies readonly (keyof Callback)[];

/**
 * Checks that callbacks are some.
 * @throws {TypeError} that says which is none: it would never be called
 */
export function expectCallbacks(callbacks: unknown): asserts callbacks is readonly Callback[] {
  const cannot = "Cannot train: expected callbacks";
  if (!Array.isArray(callbacks)) throw new TypeError(`${cannot} in a list, got ${typeof callbacks}`);
  const given: readonly unknown[] = callbacks;
  given.forEach((one, i) => {
    const isSome = typeof one === "object" && one !== null && HOOKS.some((hook) => hook in one);
    if (isSome) return;
    const got = typeof one === "function" ? `a function; call ${one.name === "" ? "it" : `${one.name}()`}` : inspect(one, { depth: 0 }); // prettier-ignore
    throw new TypeError(`${cannot} with one of ${HOOKS.join(", ")}, got for callbacks[${i}] ${got}`);
  });
}
