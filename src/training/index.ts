/** A model that learns. */
export * from "./saver";
export { getTrainableVariables, type Scopes, type TrainableOptions } from "../model/scopes";
export * from "./optimizers";
export type { Batch } from "./batch/batch";
export * from "./step";
export * from "./features";
export * from "./callbacks";
export type { ValidationOptions } from "./epochs";
export { train, type TrainOptions } from "./train";
export {
  createEvalStep,
  evaluate,
  type EvalStep,
  type EvalStepResult,
  type EvaluateOptions,
  type Evaluation,
} from "./evaluate";
export * from "./metrics";
