/** From bytes on disk to batches. */
export {
  Dataset,
  type BatchOptions,
  type Element,
  type InterleaveOptions,
  type MapOptions,
  type ShuffleOptions,
} from "./dataset";
export { DatasetIterator, type IteratorOptions } from "./iterator";
export type { Batched, Sliced } from "./shapes";
export { CorruptRecordError } from "./corrupt";
export { TFRecordDataset, type TFRecordOptions } from "./tfrecord";
export { readDataset, type ReadOptions } from "./read";
