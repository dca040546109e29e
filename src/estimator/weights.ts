import type { Model } from "../model";
import { tf } from "../tensorflow";
import { Saver } from "../training";

/**
 * Runs work while a model has the weights of a checkpoint; then it has its own again.
 * @throws {RangeError} that names the variables which the checkpoint lacks or has in another shape
 */
export async function withCheckpoint<T>(
  path: string,
  model: Model,
  work: (globalStep: number) => T | Promise<T>,
): Promise<T> {
  const variables = model.variables.all().map(({ variable }) => variable);
  const own = variables.map((variable) => tf.keep(variable.clone()));
  try {
    const { globalStep = 0 } = new Saver().restore(path, model);
    return await work(globalStep);
  } finally {
    variables.forEach((variable, i) => {
      const value = own[i];
      if (value !== undefined && !variable.isDisposed) variable.assign(value);
    });
    tf.dispose(own);
  }
}
