/** The addon's own part, as TypeScript sees it. */

/** What the addon tells of a tensor it made: its handle's number, TensorFlow's data type and the shape. */
export interface HandleInfo {
  readonly id: number;
  readonly dtype: number;
  readonly shape: number[];
}

/** An open checkpoint reader of the addon. */
export type NativeReader = { readonly __reader: unique symbol };

/** A tensor of the addon's that is being filled. */
export type NativeFilling = { readonly __filling: unique symbol };

/** A graph of the addon that is never run. */
export type NativeGraph = { readonly __graph: unique symbol };

/** What shape functions tell of a tensor, and its number in its graph: of the shape's sizes -1 are unknown, null is no known rank. */
export interface Known {
  readonly id: number;
  readonly dtype: number;
  readonly shape: number[] | null;
}

/** The methods of native/runtime.cc. */
export interface Native {
  createTensor(
    shape: readonly number[],
    dtype: number,
    values: ArrayBufferView | readonly Uint8Array[],
  ): number;
  beginFilling(shape: readonly number[], split: readonly number[], order: readonly number[]): NativeFilling;
  /** The next values in the order of `split`. */
  fill(filling: NativeFilling, values: Float32Array): void;
  /** The handle, once all values are there. */
  endFilling(filling: NativeFilling): number;
  deleteTensor(id: number): void;
  /** As deleteTensor(), off the main thread; the handle is counted no more at once. */
  deleteTensorAsync(id: number): void;
  execute(...call: NativeCall): HandleInfo[];
  /** `overwrote`: whether it has overwritten what it was lent. */
  executeAsync(...call: NativeCall): Promise<HandleInfo[] & { readonly overwrote: boolean }>;
  /** Takes back what a call was lent with this tensor; waits for the call if it overwrites it already. */
  recallLent(id: number): void;
  registerFunction(functionDef: Uint8Array): void;
  removeFunction(name: string): void;
  /** Undefined if there is none. */
  opDefinition(name: string): Uint8Array | undefined;
  openGraph(): NativeGraph;
  closeGraph(graph: NativeGraph): void;
  addInput(graph: NativeGraph, dtype: number, shape: readonly number[]): number;
  addConstant(
    graph: NativeGraph,
    dtype: number,
    shape: readonly number[],
    values: ArrayBufferView | readonly Uint8Array[],
  ): number;
  /** op, inputs' numbers, lengths of the op's arguments, -1 for one that is no list, attribute names and values. */
  addOperation(
    graph: NativeGraph,
    ...call: [string, readonly number[], readonly number[], readonly string[], readonly Uint8Array[]]
  ): Known[];
  setShape(graph: NativeGraph, tensor: number, shape: readonly number[]): void;
  addFunction(graph: NativeGraph, functionDef: Uint8Array): void;
  deviceName(): string;
  /** Gives the system back the memory that no tensor holds. */
  releaseMemory(): void;
  openCheckpoint(prefix: string): NativeReader;
  closeCheckpoint(reader: NativeReader): void;
  listCheckpoint(reader: NativeReader): { name: string; dtype: number; shape: number[] }[];
  readCheckpoint(reader: NativeReader, name: string): HandleInfo;
  enableCollectives(serverDef: Uint8Array): void;
  abortCollectives(reason: string): void;
  checkPeer(task: string, timeoutMs: number): Promise<void>;
}

/**
 * op, input handles, attribute names, attribute values as AttrValue bytes, number of outputs, device, handles that it is lent: their
 * memory may be overwritten where nobody else has it.
 */
export type NativeCall = [
  string,
  readonly number[],
  readonly string[],
  readonly Uint8Array[],
  number,
  string?,
  (readonly number[])?,
];

/** An attribute as the stock binding takes it. */
export interface StockAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}
