/** Training, evaluation, prediction and export of one model in one folder, as tf.estimator does it. */
export { createModelFn, type ClassifierModelFn, type ModelFnOptions } from "./modelfn";
export {
  ModeKeys,
  type EstimatorSpec,
  type Features,
  type InputElement,
  type Labels,
  type Mode,
  type ModelFn,
  type Predict,
  type Scaffold,
} from "./spec";
export type { ResolvedRunConfig, RunConfig } from "./config";
export { Estimator } from "./estimator";
export type {
  EstimatorEvaluateOptions,
  EstimatorOptions,
  EstimatorPredictOptions,
  EstimatorTrainOptions,
  InputFn,
  RunOptions,
} from "./options";
export type { AfterRun, CheckpointSaved, RunHook } from "./hooks";
export type { EvalProgress, EvalResult } from "./evaluation";
export type { Progress } from "./training";
export type { PredictedValue, Prediction } from "./prediction";
export type { ExportSavedModelOptions } from "./serving";
export {
  BestExporter,
  FinalExporter,
  LatestExporter,
  type BestExporterOptions,
  type ExportContext,
  type Exporter,
  type ExporterOptions,
  type Exporting,
  type KeepingOptions,
} from "./exporters";
export {
  trainAndEvaluate,
  type EvalSpec,
  type TrainAndEvaluateOptions,
  type TrainAndEvaluateProgress,
  type TrainAndEvaluateResult,
  type TrainSpec,
} from "./trainandevaluate";
export {
  makeEarlyStoppingHook,
  stopIfHigherHook,
  stopIfLowerHook,
  stopIfNoDecreaseHook,
  stopIfNoIncreaseHook,
  type EarlyStoppingOptions,
  type Evaluated,
  type MetricStoppingOptions,
} from "./earlystopping";
export { readEvalMetrics, type EvalScalars } from "./evalevents";
export type { CacheFrozenOptions } from "./frozen";
