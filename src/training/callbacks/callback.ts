import type { StepResult, TrainStep } from "../step/step";

/** A training under way, as its callbacks see it. */
export interface Training {
  readonly step: TrainStep;
  /** Ends it after this step, as if there were no more to take; the callbacks that follow are still called. */
  requestStop(this: void): void;
}

/**
 * What else goes on at the turns of a training: a plain object with the functions it needs, each of which is awaited. What a callback
 * remembers is its own, so that the same one given to the next call of train() goes on.
 * @see keras.callbacks.Callback, keras 3.15
 */
export interface Callback {
  /** Before the first batch is read. */
  onTrainBegin?(training: Training): void | Promise<void>;
  /** After each step. One that asks to stop at a loss that is not finite spares the error. */
  onStep?(result: StepResult, training: Training): void | Promise<void>;
  /** After the last step, also when a callback has ended the training; not after an error or an interrupt. */
  onTrainEnd?(training: Training): void | Promise<void>;
}
