/** One step of training. */
export {
  createTrainStep,
  type StepFrom,
  type StepInspection,
  type StepResult,
  type StepWithGradients,
  type TrainStep,
} from "./step";
export { withMovingAverages, type Averaging } from "./averages";
export { summarizeGradients } from "./summarize";
export type { TrainStepOptions } from "./options";
