/** A model's variables as they were. */
import { tf } from "../tensorflow";
import type { Model } from "./model";

/** Variables kept aside. */
export interface KeptWeights {
  /** Gives the variables that are not disposed back what was kept. */
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
    restore: () => {
      for (const { variable, value } of kept) if (!variable.isDisposed) variable.assign(value);
    },
    dispose: () => tf.dispose(kept.map(({ value }) => value)),
  };
}

/**
 * Runs work that gives a model other weights; then it has its own again, whatever the work has come to.
 * @param what  what for, for the error
 * @returns     what the work returns
 * @throws {Error} if the model is disposed
 */
export async function withOtherWeights<T>(
  model: Model,
  what: string,
  work: () => T | Promise<T>,
): Promise<T> {
  const own = keepWeights(model, what);
  try {
    return await work();
  } finally {
    own.restore();
    own.dispose();
  }
}
