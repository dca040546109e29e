/** Loads TensorFlow through tfjs-node and gives the rest of the floor its typed interface. */
import * as tf from "./tfjs";
import { dataTypeName, tfjsType, type DataType } from "./datatype";
import { asTensorFlowError } from "./error";
import { Besides } from "./besides";
import { Garbage } from "./garbage";
import { Unreachable, weakRecord, type Stored } from "./unreachable";

export { tf };

/** What the addon tells of a tensor it made: its handle's number, TensorFlow's data type and the shape. */
export interface HandleInfo {
  readonly id: number;
  readonly dtype: number;
  readonly shape: number[];
}

/** An open checkpoint reader of the addon. */
export type NativeReader = { readonly __reader: unique symbol };

/** The methods of native/runtime.cc. */
export interface Native {
  createTensor(
    shape: readonly number[],
    dtype: number,
    values: ArrayBufferView | readonly Uint8Array[],
  ): number;
  deleteTensor(id: number): void;
  execute(...call: NativeCall): HandleInfo[];
  executeAsync(...call: NativeCall): Promise<HandleInfo[]>;
  registerFunction(functionDef: Uint8Array): void;
  removeFunction(name: string): void;
  opList(): Uint8Array;
  deviceName(): string;
  openCheckpoint(prefix: string): NativeReader;
  closeCheckpoint(reader: NativeReader): void;
  listCheckpoint(reader: NativeReader): { name: string; dtype: number; shape: number[] }[];
  readCheckpoint(reader: NativeReader, name: string): HandleInfo;
  enableCollectives(serverDef: Uint8Array): void;
  abortCollectives(reason: string): void;
  checkPeer(task: string, timeoutMs: number): Promise<void>;
}

/** op, input handles, attribute names, attribute values as AttrValue bytes, number of outputs, device. */
export type NativeCall = [
  string,
  readonly number[],
  readonly string[],
  readonly Uint8Array[],
  number,
  string?,
];

/** An attribute as the stock binding takes it. */
export interface StockAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What a recording is told while the operations of a function run. */
export interface Observer {
  stockOperation(
    op: string,
    attributes: readonly StockAttribute[],
    inputs: readonly number[],
    outputs: readonly HandleInfo[],
  ): void;
  created(
    id: number,
    shape: readonly number[],
    dtype: number,
    values: ArrayBufferView | readonly Uint8Array[],
  ): void;
  stored(dataId: object): void;
  captured(tensor: tf.TensorInfo, upload: () => number): number;
  owns(dataId: object): boolean;
  read(): never;
  readLater(): Promise<never>;
}

interface StockBinding {
  createTensor: Native["createTensor"];
  deleteTensor: Native["deleteTensor"];
  executeOp(op: string, attributes: StockAttribute[], inputs: number[], outputs: number): HandleInfo[];
  tensorDataSync(id: number): ArrayBufferView | Uint8Array[];
  getNumOfTensors(): number;
  readonly TF_Version: string;
  readonly slimlab: Native;
}
interface Backend {
  binding: StockBinding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: {
    get(dataId: object): Stored;
    set(dataId: object, value: Stored): void;
    has(dataId: object): boolean;
    dataIdsCount: number;
    data: Besides<Stored>;
  };
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  readSync(dataId: object): unknown;
  read(dataId: object): Promise<unknown>;
  refCount(dataId: object): number;
  disposeData(dataId: object, force?: boolean): boolean;
}

const backend = tf.backend() as unknown as Backend;
const stock = backend.binding;

/** The addon. */
export const native: Native = stock.slimlab;

let observer: Observer | undefined;

/** Runs `work` with `next` told of every operation; the observer before is told nothing meanwhile. */
export function observe<T>(next: Observer | undefined, work: () => T): T {
  const before = observer;
  observer = next;
  try {
    return work();
  } finally {
    observer = before;
  }
}

/** The recording now under way, if any. */
export function currentObserver(): Observer | undefined {
  return observer;
}

/** The handles of tensors, uploaded if need be; under a recording each is known to it afterwards. */
export function handlesOf(tensors: readonly tf.TensorInfo[]): number[] {
  return backend.getInputTensorIds(tensors);
}

/** TensorFlow's number of a tensor's true data type. */
export function typeNumber(tensor: tf.TensorInfo): number {
  return backend.tensorMap.get(tensor.dataId).dtype;
}

/** The true TensorFlow data type of a tensor, also where tfjs knows only a neighbour (int64, uint8, variant, resource). */
export function dataType(tensor: tf.TensorInfo): DataType {
  return dataTypeName(typeNumber(tensor));
}

/** The handle of a new tensor with these values; under a recording it is a constant of the recorded function. */
export function createHandle(
  shape: readonly number[],
  dtype: number,
  values: ArrayBufferView | readonly Uint8Array[],
): number {
  const id = native.createTensor(shape, dtype, values);
  observer?.created(id, shape, dtype, values);
  return id;
}

/** How many tensors share the memory of this one, itself included. */
export function sharers(tensor: tf.TensorInfo): number {
  return backend.refCount(tensor.dataId);
}

/** A tfjs tensor that owns the handle; tidy() and dispose() free it. */
export function wrap(info: HandleInfo): tf.Tensor {
  const dataId = {};
  backend.tensorMap.set(dataId, {
    shape: info.shape,
    dtype: info.dtype,
    id: info.id,
    values: null,
    refCount: 1,
  });
  return tf
    .engine()
    .makeTensorFromTensorInfo({ dataId, shape: info.shape, dtype: tfjsType(dataTypeName(info.dtype)) });
}

/** The contents of a tensor as the addon gives them: a typed array, or an array of bytes for strings. */
export function contentsOf(tensor: tf.Tensor): ArrayBufferView | Uint8Array[] {
  const [id] = handlesOf([tensor]);
  return backend.binding.tensorDataSync(id ?? -1);
}

/** TensorFlow's version, e.g. "2.21.0". */
export function version(): string {
  return stock.TF_Version;
}

/** Where operations run: TensorFlow's name of the device, and whether it is a GPU. */
export function device(): { readonly name: string; readonly isGpu: boolean } {
  return { name: native.deviceName(), isGpu: backend.isUsingGpuDevice };
}

/** How many tensor handles TensorFlow holds for us; each live tfjs tensor whose value was used has one. */
export function handleCount(): number {
  return stock.getNumOfTensors();
}

// The stock binding's properties are read-only and not enumerable: a plain object takes its place, with ours put in.
const binding = {} as Record<string, unknown>;
for (const name of Object.getOwnPropertyNames(stock)) {
  const value: unknown = (stock as unknown as Record<string, unknown>)[name];
  binding[name] = typeof value === "function" ? value.bind(stock) : value;
}
const replacement = binding as unknown as StockBinding;
replacement.deleteTensor = (id) => native.deleteTensor(id);
replacement.createTensor = createHandle;
replacement.executeOp = (op, attributes, inputs, outputs) => {
  try {
    const infos = stock.executeOp(op, attributes, inputs, outputs);
    observer?.stockOperation(op, attributes, inputs, infos);
    return infos;
  } catch (error) {
    throw asTensorFlowError(op, error);
  }
};
replacement.tensorDataSync = (id) => (observer === undefined ? stock.tensorDataSync(id) : observer.read());
backend.binding = replacement;

const stockHandles = backend.getInputTensorIds.bind(backend);
backend.getInputTensorIds = (tensors) => {
  const recording = observer;
  if (recording === undefined) return stockHandles(tensors);
  return tensors.map((tensor) => {
    const upload = (): number => stockHandles([tensor])[0] ?? -1;
    if (tensor.dataId === undefined || recording.owns(tensor.dataId)) return upload();
    return recording.captured(tensor, () => observe(undefined, upload));
  });
};

/** Frees data that is out of reach, with tfjs' counts of it. Of strings tfjs counts bytes roughly, and so they stay counted. */
function freeUnreachable({ id, dtype, shape, refCount }: Stored): void {
  const { state } = tf.engine();
  const type = tfjsType(dataTypeName(dtype));
  state.numTensors -= refCount;
  state.numDataBuffers--;
  backend.tensorMap.dataIdsCount--;
  if (type === "string") state.numStringTensors -= refCount;
  else if (type !== "complex64")
    state.numBytes -= refCount * tf.util.sizeFromShape([...shape]) * tf.util.bytesPerElement(type);
  if (id >= 0) native.deleteTensor(id);
}

backend.tensorMap.data = new Besides<Stored>();
Reflect.set(tf.engine().state, "tensorInfo", new Besides());

const garbage = new Garbage();
const unreachable = new Unreachable(
  (dataId) => tf.engine().state.tensorInfo.has(dataId),
  freeUnreachable,
  (wereFreed) => garbage.settle(tf.engine().state, wereFreed),
);

const disposeBefore = backend.disposeData.bind(backend);
backend.disposeData = (dataId, force) => {
  // Moved to another backend with all its tensors, none of which it has any more.
  if (force === true && backend.tensorMap.has(dataId)) backend.tensorMap.get(dataId).refCount = 1;
  return disposeBefore(dataId, force);
};

// tfjs would keep each variable for ever, by its name.
tf.engine().state.registeredVariables = Object.assign(
  weakRecord<tf.Variable>(),
  tf.engine().state.registeredVariables,
);

const storeBefore = backend.tensorMap.set.bind(backend.tensorMap);
backend.tensorMap.set = (dataId, value) => {
  storeBefore(dataId, value);
  unreachable.watch(dataId, value);
  observer?.stored(dataId);
};

// A constant made inside a recorded function may be read; a computed or captured value may not.
const isConstantInside = (dataId: object): boolean =>
  observer !== undefined && observer.owns(dataId) && backend.tensorMap.get(dataId).values !== null;
const readSync = backend.readSync.bind(backend);
backend.readSync = (dataId) =>
  observer === undefined || isConstantInside(dataId) ? readSync(dataId) : observer.read();
const read = backend.read.bind(backend);
backend.read = (dataId) =>
  observer === undefined || isConstantInside(dataId) ? read(dataId) : observer.readLater();
