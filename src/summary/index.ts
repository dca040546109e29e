/** What training tells: event files, written for TensorBoard and read for figures. */
export {
  SummaryWriter,
  type HistogramValues,
  type ImageSummaryOptions,
  type SummaryWriterOptions,
} from "./writer";
export { readEvents, readScalars, type ReadEventsOptions, type ScalarSeries } from "./reader";
export type {
  EventPoint,
  Histogram,
  HistogramBucket,
  HistogramPoint,
  ImagePoint,
  PointPlace,
  ScalarPoint,
  TensorPoint,
  TextPoint,
} from "./point";
export type { Hyperparameter, TensorValue } from "../tensorflow";
