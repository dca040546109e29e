/** A batch of photographs → logits and endpoints. */
export { Model, type Postprocessed, type Predictions, type PredictOptions } from "./model";
export type { Losses } from "./modellosses";
export type { ModelOptions } from "./options";
export { networks } from "./networks/listed";
export type { Architecture } from "./networks";
export type { Source } from "./networks/network";
export type { Preprocessing } from "./normalization";
export { lossWeight, sigmoidCrossEntropy, softmaxCrossEntropy } from "./losses";
export type { ClassLabels, SigmoidLossOptions, SoftmaxLossOptions } from "./losses";
export { predictedClasses, type PredictedClassesOptions } from "./predicted";
export type { SummaryOptions } from "./summary";
export { ModelVariables, type ModelVariable, type ModelVariablesOptions } from "./variables";
export type { Initializer, VariableDeclaration } from "./variables";
export type { MovingUpdate, RunOptions } from "./runoptions";
export {
  resnetV1,
  resnetV2,
  type ResnetForm,
  type ResnetOptions,
  type ResnetResult,
} from "./networks/resnet";
export { planBlocks, type Block, type BlocksOptions, type Depth } from "./networks/blocks";
export type { Strides, Unit } from "./networks/blocks";
export { preprocessImages, type ImagePart, type PhotoSize, type PreprocessOptions } from "./preprocessing";
export type { Pixels } from "./pixels";
export type { EndpointDeclaration, ImageShape, NetworkDeclaration } from "./declare";
export type { Cut } from "./part";
export type { FieldOfView } from "./fieldofview";
