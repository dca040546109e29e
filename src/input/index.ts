/** From bytes on disk to batches. */
export { Dataset, type Element } from "./dataset";
export type {
  BatchOptions,
  IgnoreErrorsOptions,
  InterleaveOptions,
  MapOptions,
  ResampleOptions,
  ShuffleOptions,
} from "./options";
export { balancedPositiveWeights, balancedWeights, countLabels, type CountLabelsOptions } from "./balance";
export { DatasetIterator, type IteratorOptions } from "./iterator";
export type { LeftOut } from "./plan";
export type { Batched, Sliced } from "./shapes";
export { CorruptRecordError } from "../tensorflow";
export { checkRecords, type CheckedRecords, type CheckRecordsOptions } from "./checkrecords";
export { RecordError } from "./recorderror";
export { TFRecordDataset, type TFRecordOptions } from "./tfrecord";
export { readDataset, type ReadOptions } from "./read";
export type { Shard } from "./shard";
export * from "./image";
export { fiveCrop, tenCrop } from "./crops";
export * from "./augment";
export * from "./preprocess";
export {
  imageOps,
  type AffineOptions,
  type Amount,
  type Corners,
  type GaussianBlurOptions,
  type Rectangle,
} from "./imageops";
export { randAugment, trivialAugmentWide, type RandAugmentOptions } from "./policies";
export {
  randomAffine,
  randomErasing,
  randomGaussianBlur,
  randomGrayscale,
  randomPerspective,
  randomRotation,
  type RandomAffineOptions,
  type RandomErasingOptions,
  type RandomGaussianBlurOptions,
  type RandomPerspectiveOptions,
  type RandomRotationOptions,
} from "./randomops";
export {
  cutMix,
  mixBatches,
  mixup,
  type MixBatchesOptions,
  type MixOptions,
  type SoftLabeledBatch,
} from "./mix";
export { augmentImage, type Augment } from "./presets";
export type { LabelsOf } from "./labelfolder";
export type { LabelTableOptions } from "./labeltable";
export { writeRecords, type WriteRecordsOptions, type WrittenRecords } from "./records";
export type { RecordsProgress } from "./shards";
export type { DuplicateImage } from "./account";
export type { BadImage, OrientOptions } from "./encoded";
export { readImage, type ReadImageOptions } from "./photo";
export { PhotoError, PhotoTooLargeError } from "./photoerror";
export type { Decode } from "./origin";
export { fixedLenFeature, varLenFeature, type FixedLenFeature, type VarLenFeature } from "./features";
export { TFExampleDecoder, tfexampleDecoder } from "./example";
export type { BoundingBoxOptions, ImageOptions, ItemHandler, LookupOptions, TensorOptions } from "./handlers";
export { getDecoder, type DecoderOptions, type ImageDecoder } from "./decoder";
export {
  createInputFn,
  type BatchFeatures,
  type ImageTransform,
  type InputFnOptions,
  type LabeledBatch,
  type MultiLabeledBatch,
  type MultiLabelInputFnOptions,
  type UnlabeledInputFnOptions,
} from "./inputfn";
export {
  renderedBox,
  renderPhoto,
  renderPhotos,
  RENDERED_CLASSES,
  type RenderPhotoOptions,
  type RenderPhotosOptions,
  type ShapeName,
  type RenderedBox,
} from "./render";
export { fetchFile, type FetchOptions, type FetchProgress } from "./fetch";
export type { PublishedCheckpoint } from "./checkpoints";
export { fetchCheckpoint, fetchFlowerPhotos, type DownloadOptions } from "./downloads";
