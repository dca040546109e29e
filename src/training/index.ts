/** A model that learns. */
export { listCheckpoint, findCheckpoint, latestCheckpoint, type CheckpointListing } from "./checkpoint";
export type { AssignmentOptions } from "./assignment";
export { initVariablesFromCheckpoint, type InitOptions, type InitReport } from "./initialize";
export { getTrainableVariables, type Scopes, type TrainableOptions } from "./scopes";
export {
  configureLearningRate,
  type ConstantOptions,
  type CosineOptions,
  type ExponentialOptions,
  type LearningRateOptions,
  type PiecewiseOptions,
  type PolynomialOptions,
  type Schedule,
} from "./schedule";
export {
  momentumOptimizer,
  sgdOptimizer,
  type MomentumOptions,
  type Optimizer,
  type OptimizerState,
  type VariableGradient,
} from "./optimizer";
export {
  adamOptimizer,
  adamWOptimizer,
  rmsPropOptimizer,
  type AdamOptions,
  type AdamWOptions,
  type RmsPropOptions,
} from "./adaptive";
export type { GradientOptions } from "./gradients";
export type { Batch } from "./batch";
export {
  createTrainStep,
  type StepFrom,
  type StepInspection,
  type StepResult,
  type StepWithGradients,
  type TrainStep,
} from "./step";
export * from "./features";
export { summarizeGradients } from "./summarize";
export type { TrainStepOptions } from "./options";
export { train, type TrainOptions } from "./train";
export {
  createEvalStep,
  evaluate,
  type EvalStep,
  type EvalStepResult,
  type EvaluateOptions,
  type Evaluation,
} from "./evaluate";
export { Saver, type SaveCheckpointOptions, type SaverOptions } from "./saver";
export type { Gathered, Restored, Saveable, SavedStep } from "./restore";
export * from "./metrics";
