/** A trained model → a SavedModel that others serve, and back. */
export { exportSavedModel, type ExportOptions } from "./savedmodel";
export type { ClassifierOptions } from "./classifier";
export type { ExportSignature } from "./signatures";
export {
  createPredictInputFn,
  type InputReceiver,
  type MakeReceiver,
  type PredictInputOptions,
  type ReceiverKind,
} from "./receiver";
export type { WarmupRequest } from "./warmup";
export { loadSavedModel, type LoadedModel, type LoadOptions } from "./load";
export type { SavedSignature, ServingVariable, SignatureTensor } from "../tensorflow";
