/** Where a model looks, and why. */
export { gradCam, type AskedGradCam, type GradCam, type GradCamOptions } from "./gradcam";
export { explain, type ExplainOptions } from "./explain";
export type { Explained } from "./explained";
export { METHODS as explainMethods, type MethodName } from "./methods";
export { eigenCam, type EigenCamOptions } from "./methods/eigencam";
export { kpcaCam, type KpcaCamOptions } from "./methods/kpcacam";
export { randomCam, type RandomCamOptions } from "./methods/randomcam";
export type {
  Method as ExplanationMethod,
  Subject as ExplanationSubject,
  Work as ExplanationWork,
} from "./method";
export type { Evidence as ExplanationEvidence, Run as ExplanationRun } from "./run";
export type { Cells as HeatCells, Place as ExplanationPlace } from "./place";
export type { Output as ExplanationOutput, Target as ExplanationTarget, TargetOptions } from "./target";
export { scoreCam, type ScoreCamOptions } from "./methods/scorecam";
export { occlusion, type OcclusionOptions } from "./methods/occlusion";
export { rise, type RiseOptions } from "./methods/rise";
export { integratedGradients, type IntegratedGradientsOptions } from "./methods/integratedgradients";
export { smoothGrad, type SmoothGradOptions } from "./methods/smoothgrad";
