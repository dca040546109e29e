/** TensorFlow's files and messages: checkpoints, events, examples, SavedModels. */
export { openCheckpoint, prefixOfFile, type CheckpointReader, type CheckpointVariable } from "./reader";
export { objectNames } from "./objectgraph";
export { saveCheckpoint, writeCheckpoint, restoreTensors } from "./bundle";
export { kindOfFile, startOf } from "./filekind";
export { unescapeText } from "./textformat";
export { decodeExample, encodeExample, feature, type Feature } from "./example";
export { CorruptRecordError, FRAME_FOOTER, FRAME_HEADER, frameData, frameLength, frameRecord } from "./frame";
export {
  decodeEvent,
  decodeEventOutline,
  encodeEvent,
  type EventMessage,
  type EventOutlineMessage,
  type HistogramMessage,
  type SummaryValue,
  type TensorValue,
} from "./event";
export { decodeHyperparameters, encodeHyperparameters, type Hyperparameter } from "./hyperparameters";
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
