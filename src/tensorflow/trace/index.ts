/** Operations executed, and functions recorded and compiled. */
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
export { expectRecompute, recomputable, type Recompute } from "./recompute";
export { trace, type Traced, type TraceOptions } from "./trace";
export type { Signature } from "./signature";
export type { TensorTree } from "./tree";
export { TreeForm } from "./form";
export { digestOfTensors } from "./digest";
export { versionOf } from "./variables";
export type { GraphSource } from "./graphdef";
