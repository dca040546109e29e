/** A model's variables as they were. */
import type { Model } from "../../model/model";
import { tf } from "../../tensorflow";

/** Variables kept aside. */
export interface KeptWeights {
  /** Gives the variables back what was kept. */
  restore(): void;
  /** Frees what was kept. */
  dispose(): void;
}

/**
 * Keeps a model's variables, moving statistics too; memory is taken when they change.
 * @param what  what for, for the error
 * @throws {Error} if the model is disposed
 */
export function keepWeights(model: Model, what: string): KeptWeights {
  const kept = model.variables
    .expectAll(what)
    .map(({ variable }) => ({ variable, value: tf.keep(variable.clone()) }));
  return {
    restore: () => kept.forEach(({ variable, value }) => variable.assign(value)),
    dispose: () => tf.dispose(kept.map(({ value }) => value)),
  };
}
