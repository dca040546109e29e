/** TensorFlow in this process: the addon, tfjs on it, tensors and their memory, errors. */
import "./scopes";
export { tf, version, device, dataType } from "./runtime";
export type { DataType } from "./datatype";
export { reasonOf, TensorFlowError, type TensorFlowCode } from "./error";
export { nearestNames, quoteNearest } from "./nearest";
export { attr, type Attrs, type AttrShape, type AttrValue } from "./attributes";
export { abortCollectives, checkPeer, enableCollectives, type CollectiveServer } from "./collectives";
export { deferred } from "./deferred";
export { disposeLater, typeNumber } from "./runtime";
export { releaseSoon } from "./release";
export { readNumbers } from "./read";
export { fillTensor, type FilledFrom } from "./fill";
export { readMessages } from "./protos";
