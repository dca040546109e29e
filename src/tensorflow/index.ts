/** The floor: TensorFlow itself, tracing, and the operations that tfjs lacks. */
export { tf, version, device, dataType } from "./runtime";
export { memory, type Memory } from "./memory";
export type { DataType } from "./datatype";
export { reasonOf, TensorFlowError, type TensorFlowCode } from "./error";
export { nearestNames, quoteNearest } from "./nearest";
export { attr, type Attrs, type AttrShape, type AttrValue } from "./attributes";
export {
  execute,
  executeAsync,
  executeOne,
  constant,
  castTo,
  bytesOf,
  unrecorded,
  type ConstantValues,
  type ExecuteOptions,
} from "./execute";
export { recordFunction, type RecordedFunction } from "./function";
export { expectPrecision, type Precision } from "./precision";
export { trace, type Traced, type TraceOptions } from "./trace";
export type { Signature } from "./signature";
export { abortCollectives, checkPeer, enableCollectives, type CollectiveServer } from "./collectives";
export type { TensorTree } from "./tree";
export { TreeForm } from "./form";
export { digestOfTensors } from "./digest";
export { random } from "./random";
export * from "./ops/nn";
import "./ops/gather";
export * from "./ops/convolution";
export * from "./ops/pooling";
export * from "./ops/loss";
export * from "./ops/collective";
export * from "./ops/momentum";
export * from "./ops/numerics";
export * from "./ops/pixels";
export * from "./ops/shape";
export * from "./ops/strings";
export * from "./ops/encode";
export * from "./ops/batchnorm";
export * from "./ops/color";
export * from "./ops/image";
export * from "./ops/photo";
export * from "./ops/jpeg";
export * from "./ops/branch";
export * from "./ops/window";
export * from "./ops/data";
export * from "./ops/mapped";
export * from "./ops/iterator";
export * from "./ops/example";
export * from "./ops/summary";
export { openCheckpoint, prefixOfFile, type CheckpointReader, type CheckpointVariable } from "./reader";
export { saveCheckpoint, writeCheckpoint, restoreTensors } from "./bundle";
export { kindOfFile } from "./filekind";
export { unescapeText } from "./textformat";
export { decodeExample, encodeExample, feature, type Feature } from "./example";
export { CorruptRecordError, FRAME_FOOTER, FRAME_HEADER, frameData, frameLength, frameRecord } from "./frame";
export {
  decodeEvent,
  decodeEventOutline,
  encodeEvent,
  encodeHyperparameters,
  type EventMessage,
  type EventOutlineMessage,
  type HistogramMessage,
  type Hyperparameter,
  type SummaryValue,
  type TensorValue,
} from "./event";
export type { GraphSource } from "./graphdef";
export * from "./ops/map";
export {
  readSavedModel,
  savedModelFile,
  encodeMessage,
  openSavedModel,
  type SavedGraph,
  type SavedModelSession,
  type SavedSignature,
  type SignatureTensor,
} from "./savedmodel";
export {
  encodeServingGraph,
  type ServingFunction,
  type ServingGraph,
  type ServingVariable,
} from "./servinggraph";
export { typeNumber } from "./runtime";
