/** A training that is found, planned and watched for its user. */
export { showCamEvery, type CamWatch, type ShowCamEveryOptions } from "./cams";
export { fineTune, type FineTuned } from "./finetune";
export type { CacheTrunkOptions, FineTuneOptions } from "./options";
export { lrFind, type LrFindOptions, type LrFound } from "./lrfind";
export type { Suggestions } from "./suggest";
export { trainingView, type TrainingView, type TrainingViewOptions } from "./view";
export { pretrainOnRenderedPhotos, type PretrainOptions } from "./pretrain";
export { showAugmented, type ShowAugmentedOptions } from "./augmented";
export {
  compareRuns,
  type ComparedRun,
  type ComparedRuns,
  type CompareRunsOptions,
  type RunMetric,
  type RunValue,
} from "./runs/compare";
export type { RunsAxis } from "./runs/figure";
