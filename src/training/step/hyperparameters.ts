import type { Model } from "../../model/model";
import type { Hyperparameter } from "../../tensorflow";
import { plainOf } from "../optimizers/description";
import type { OptimizerState } from "../optimizers/optimizer";
import type { TrainStepOptions } from "./options";

/** What a train step is made with, as a table of runs tells it, defaults where they are often chosen otherwise. */
export function hyperparametersOf(
  model: Model,
  options: TrainStepOptions,
  { description: optimizer = "custom" }: OptimizerState,
): Readonly<Record<string, Hyperparameter>> {
  const { momentum: _, optimizer: __, globalStep: ___, cluster: ____, ...others } = options;
  const defaults = { learningRate: 0.01, weightDecay: "regularizer", gradientAccumulation: 1, seed: 0 };
  return { architecture: model.options.architecture, optimizer, ...defaults, ...plainOf(others) };
}
