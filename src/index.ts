/**
 * slimlab: fine-tune and inspect a network step by step in a TypeScript notebook.
 * The contents, along the way of the data: TensorFlow, input, model, summaries, training, export, inspection.
 */
export {
  tf,
  trace,
  random,
  memory,
  device,
  version,
  execute,
  executeAsync,
  attr,
  dataType,
} from "./tensorflow";
export { openCheckpoint, saveCheckpoint, TensorFlowError } from "./tensorflow";
export type {
  Attrs,
  CheckpointReader,
  CheckpointVariable,
  DataType,
  GraphSource,
  Memory,
  TensorFlowCode,
} from "./tensorflow";
export type { Signature, Traced, TraceOptions, TensorTree } from "./tensorflow";
export * from "./input";
export {
  Model,
  ModelVariables,
  networks,
  planBlocks,
  lossWeight,
  predictedClasses,
  preprocessImages,
  resnetV1,
  resnetV2,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  type Architecture,
  type ClassLabels,
  type FieldOfView,
  type ImagePart,
  type Losses,
  type ModelOptions,
  type ModelVariable,
  type Postprocessed,
  type Predictions,
  type PredictedClassesOptions,
  type PredictOptions,
  type ResnetOptions,
  type ResnetResult,
  type SigmoidLossOptions,
  type SoftmaxLossOptions,
  type Preprocessing,
  type Source,
  type Strides,
  type SummaryOptions,
} from "./model";
export * from "./summary";
export {
  ALONE,
  joinCluster,
  parseClusterConfig,
  type Cluster,
  type ClusterConfig,
  type JoinOptions,
  type Peer,
  type Task,
  type TaskType,
} from "./distribute";
export * from "./training";
export * from "./export";
export * from "./deploy";
export * from "./estimator";
export * from "./inspect";
export * from "./explain";
export * from "./photos";
export * from "./embed";
export * from "./interpret";
export * from "./scores";
export * from "./finetune";
export * from "./classifier";
export * from "./display";
export * as widgets from "./widgets";
export {
  exportWeights,
  fetchWeights,
  importWeights,
  type ExportedWeights,
  type ExportWeightsOptions,
  type FetchedWeights,
  type FetchWeightsOptions,
  type ImportOptions,
  type ImportProgress,
  type ImportReport,
  type WeightsSource,
} from "./weights";
