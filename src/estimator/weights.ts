import type { Model } from "../model";
import { withOtherWeights } from "../model/weights";
import { initVariablesFromCheckpoint, Saver } from "../training";
import { globalStepOf } from "./checkpoints";

/** Whose weights are used. */
export interface WeightsOptions {
  /** @default modelDir's latest */
  readonly checkpointPath?: string;
  /**
   * Whether the moving averages that a train step with movingAverageDecay has saved are used in place of the weights.
   * @default false
   * @throws {RangeError} if the checkpoint has none
   */
  readonly movingAverages?: boolean;
}

/**
 * Runs work while a model has the weights of a checkpoint; then it has its own again.
 * @throws {RangeError} that names the variables which the checkpoint lacks or has in another shape, or says that it has no averages
 */
export async function withCheckpoint<T>(
  { checkpointPath: path, movingAverages = false }: WeightsOptions & { readonly checkpointPath: string },
  model: Model,
  work: (globalStep: number) => T | Promise<T>,
): Promise<T> {
  return withOtherWeights(model, "use a checkpoint", () => {
    if (movingAverages) initVariablesFromCheckpoint(model, path, { movingAverages });
    else new Saver().restore(path, model);
    return work(globalStepOf(path));
  });
}
