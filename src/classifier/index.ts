/** A model, its classes and how photos get to it: kept whole, and asked about photos. */
export { loadClassifier } from "./load";
export type {
  Classifier,
  ExportClassifierOnnxOptions,
  ExportClassifierOptions,
  ExportClassifierWebOptions,
  LoadClassifierOptions,
} from "./load";
export { saveClassifier, type SaveClassifierOptions } from "./save";
export type { Description as ClassifierDescription, Trained } from "./description";
export {
  createBatchPredictor,
  UnavailableError,
  type BatchPredictOptions,
  type BatchPredictor,
  type BatchPredictorOptions,
} from "./batch";
export { predict, type PredictPhotosOptions } from "./predict";
export type { PredictedPhoto, Score } from "./predicted";
export type { PredictedPhotos } from "./predictions";
export type { Photo } from "./photos";
export type { TtaOptions } from "./views";
