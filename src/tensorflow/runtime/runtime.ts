/** Loads TensorFlow through tfjs-node and gives the rest of the floor its typed interface. */
import * as tf from "./tfjs";
import { dataTypeName, tfjsType, type DataType } from "./datatype";
import { asTensorFlowError } from "./error";
import { Besides } from "./besides";
import { Garbage } from "./garbage";
import { Lending } from "./lending";
import type { HandleInfo, Native, StockAttribute } from "./native";
import { Unreachable, weakRecord, type Stored } from "./unreachable";

export { tf };

/** What a recording does while the operations of a function are met: nothing of it is computed. */
export interface Observer {
  /** Records an operation; gives what its outputs will be. */
  stockOperation(op: string, attributes: readonly StockAttribute[], inputs: readonly number[]): HandleInfo[];
  /** Records a constant; gives its handle. */
  created(shape: readonly number[], dtype: number, values: ArrayBufferView | readonly Uint8Array[]): number;
  stored(dataId: object, stored: Stored): void;
  /** Records that a value is taken from outside. */
  captured(tensor: tf.TensorInfo, handle: number): number;
  owns(dataId: object): boolean;
  /** The handle of a value that had to be computed; undefined if it is another's. */
  computed(handle: number): number | undefined;
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
  incRef(dataId: object): void;
  disposeData(dataId: object, force?: boolean): boolean;
}

const backend = tf.backend() as unknown as Backend;
const stock = backend.binding;

/** The addon. */
export const native: Native = stock.slimlab;

/** What is lent to calls that run. */
export const lending = new Lending(native);

let observer: Observer | undefined;
/** Whether handles are deleted off the main thread. */
let isLater = false;
/** The recordings under way, each within the one before. */
const recordings: Observer[] = [];

/** Begins a recording, whose values may be asked for until it ends; gives what ends it. */
export function beginRecording(recording: Observer): () => void {
  recordings.push(recording);
  return () => void recordings.splice(recordings.indexOf(recording), 1);
}

/** Whether a handle is of a recording, which computes what it stands for only if it must; -1 is none. */
export function isRecorded(handle: number): boolean {
  return handle < -1;
}

/** TensorFlow's handle of what a handle stands for. */
export function computedHandle(handle: number): number {
  if (!isRecorded(handle)) return handle;
  for (const recording of recordings) {
    const computed = recording.computed(handle);
    if (computed !== undefined) return computed;
  }
  throw new Error(
    "Cannot use a tensor: expected one with a value, got one left by a function that failed while it was recorded",
  );
}

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

/** What is kept of a tensor's data. */
export const storedOf = ({ dataId }: tf.TensorInfo): Stored => backend.tensorMap.get(dataId);

/** TensorFlow's number of a tensor's true data type. */
export function typeNumber(tensor: tf.TensorInfo): number {
  return storedOf(tensor).dtype;
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
  return observer === undefined
    ? native.createTensor(shape, dtype, values)
    : observer.created(shape, dtype, values);
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

/** As tensor.dispose(), where TensorFlow may take long to free it: the main thread doesn't wait. */
export function disposeLater(tensor: tf.Tensor): void {
  isLater = true;
  try {
    tensor.dispose();
  } finally {
    isLater = false;
  }
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
replacement.deleteTensor = (id) => {
  if (isRecorded(id)) return;
  lending.recall(id);
  if (isLater) native.deleteTensorAsync(id);
  else native.deleteTensor(id);
};
replacement.createTensor = createHandle;
replacement.executeOp = (op, attributes, inputs, outputs) => {
  if (observer !== undefined) return observer.stockOperation(op, attributes, inputs);
  try {
    return stock.executeOp(op, attributes, inputs, outputs);
  } catch (error) {
    throw asTensorFlowError(op, error);
  }
};
replacement.tensorDataSync = (id) => {
  if (observer !== undefined) return observer.read();
  lending.recall(id);
  return stock.tensorDataSync(computedHandle(id));
};
backend.binding = replacement;

const incRef = backend.incRef.bind(backend);
backend.incRef = (dataId) => {
  lending.recall(backend.tensorMap.get(dataId).id);
  incRef(dataId);
};

const vendorHandles = backend.getInputTensorIds.bind(backend);
const stockHandles = (tensors: readonly tf.TensorInfo[]): number[] => {
  const handles = vendorHandles(tensors);
  for (const handle of handles) lending.recall(handle);
  return handles;
};
const upload = (tensor: tf.TensorInfo): number => stockHandles([tensor])[0] ?? -1;
/** The handle of a tensor, uploaded by the recording that made it, if one did; no other is told. */
function ownHandle(tensor: tf.TensorInfo): number {
  const { dataId } = tensor;
  const owner = dataId === undefined ? observer : recordings.find((recording) => recording.owns(dataId));
  return observe(owner, () => upload(tensor));
}
backend.getInputTensorIds = (tensors) => {
  if (recordings.length === 0) return stockHandles(tensors);
  const recording = observer;
  if (recording === undefined) return tensors.map((tensor) => computedHandle(ownHandle(tensor)));
  return tensors.map((tensor) => {
    const handle = ownHandle(tensor);
    if (tensor.dataId === undefined || recording.owns(tensor.dataId)) return handle;
    return recording.captured(tensor, handle);
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
  observer?.stored(dataId, value);
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
