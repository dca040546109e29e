/** TensorFlow's tf.data: datasets are variant tensors, made of one another; see the input stage for their user's view. */
import { attr, type Attrs } from "../runtime/attributes";
import type { DataType } from "../runtime/datatype";
import { constant, execute, executeOne, type ExecuteOptions } from "../trace/execute";
import type { RecordedFunction } from "../trace/function";
import { patternOf } from "../formats/paths";
import { dataType, device, tf } from "../runtime/runtime";

/** A dataset inside TensorFlow: a variant scalar. */
export type DatasetHandle = tf.Tensor;

/** Where tf.data runs: on the CPU, also where there is a GPU. */
export function dataDevice(): ExecuteOptions {
  return device().isGpu ? { device: "/device:CPU:0" } : {};
}

const int64 = (value: number): tf.Tensor => constant([value], [], "int64");
const bool = (value: boolean): tf.Tensor => constant([value], [], "bool");
const text = (value: string): tf.Tensor => constant([value], [], "string");

/** The attributes that tell a dataset's components; their shapes stay open, since elements may differ. */
function components(types: readonly DataType[]): Attrs {
  return { output_types: attr.types(types), output_shapes: attr.shapes(types.map(() => "unknown" as const)) };
}

function dataset(op: string, inputs: () => readonly tf.Tensor[], attrs: Attrs): DatasetHandle {
  return tf.tidy(() => executeOne(op, inputs(), attrs, dataDevice()));
}

function captured(fn: RecordedFunction): Attrs {
  return { Targuments: attr.types(fn.captures.map(dataType)) };
}

const order = (deterministic: boolean): Attrs => ({ deterministic: attr.string(String(deterministic)) });

/** A dataset of the slices of tensors along their first dimension. */
export function tensorSliceDataset(tensors: readonly tf.Tensor[]): DatasetHandle {
  const types = tensors.map(dataType);
  return dataset("TensorSliceDataset", () => tensors, {
    Toutput_types: attr.types(types),
    output_shapes: attr.shapes(tensors.map(({ shape }) => shape.slice(1))),
  });
}

/** A dataset of one element. */
export function tensorDataset(tensors: readonly tf.Tensor[]): DatasetHandle {
  const types = tensors.map(dataType);
  return dataset("TensorDataset", () => tensors, {
    Toutput_types: attr.types(types),
    output_shapes: attr.shapes(types.map(() => "unknown" as const)),
  });
}

/** A dataset of the int32 scalars start, start + step, … below `stop`. */
export function rangeDataset(start: number, stop: number, step: number): DatasetHandle {
  return dataset("RangeDataset", () => [start, stop, step].map(int64), components(["int32"]));
}

/** A dataset of the records of TFRecord files, as string scalars. @param paths string scalar or vector */
export function tfRecordDataset(paths: tf.Tensor, compression: string, bufferSize: number): DatasetHandle {
  return dataset("TFRecordDataset", () => [paths, text(compression), int64(bufferSize)], {});
}

/** How many calls of a function may run at once, and whether their results keep their order. */
export interface ParallelCalls {
  /** -1: TensorFlow chooses. */
  readonly numParallelCalls: number;
  readonly deterministic: boolean;
}

/** A dataset of a function's results. */
export function mapDataset(
  input: DatasetHandle,
  fn: RecordedFunction,
  options: ParallelCalls,
): DatasetHandle {
  return dataset("ParallelMapDatasetV2", () => [input, ...fn.captures, int64(options.numParallelCalls)], {
    ...components(fn.outputTypes),
    ...captured(fn),
    ...order(options.deterministic),
    f: attr.func(fn.name),
    preserve_cardinality: attr.bool(true),
  });
}

/** A dataset of the elements for which a function gives true. */
export function filterDataset(
  input: DatasetHandle,
  types: readonly DataType[],
  fn: RecordedFunction,
): DatasetHandle {
  return dataset("FilterDataset", () => [input, ...fn.captures], {
    ...components(types),
    ...captured(fn),
    predicate: attr.func(fn.name),
  });
}

/** How interleaved datasets take turns. */
export interface Interleaving extends ParallelCalls {
  readonly cycleLength: number;
  readonly blockLength: number;
}

/** A dataset of the elements of the datasets that a function gives, in turns. @param types of the result's components */
export function interleaveDataset(
  input: DatasetHandle,
  types: readonly DataType[],
  fn: RecordedFunction,
  options: Interleaving,
): DatasetHandle {
  const { cycleLength, blockLength, numParallelCalls, deterministic } = options;
  return dataset(
    "ParallelInterleaveDatasetV4",
    () => [
      input,
      ...fn.captures,
      ...[cycleLength, blockLength, AUTOTUNE, AUTOTUNE, numParallelCalls].map(int64),
    ],
    { ...components(types), ...captured(fn), ...order(deterministic), f: attr.func(fn.name) },
  );
}

const AUTOTUNE = -1;

/**
 * The source of a shuffle's seeds, which goes on from one iteration to the next; the caller disposes.
 * @param seeds  both 0: drawn by TensorFlow
 * @returns      resource scalar
 */
export function createSeedGenerator(
  seeds: readonly [number, number],
  reshuffleEachIteration: boolean,
): tf.Tensor {
  return ownedResource("AnonymousSeedGenerator", () => [...seeds.map(int64), bool(reshuffleEachIteration)]);
}

/** The memory of a cached dataset, a resource scalar; the caller disposes. */
export function createMemoryCache(): tf.Tensor {
  return ownedResource("AnonymousMemoryCache", () => []);
}

/** The first output of an operation that also gives a deleter, which a handle that counts its references does not need. */
function ownedResource(op: string, inputs: () => tf.Tensor[]): tf.Tensor {
  return tf.tidy(() => {
    const [handle] = execute(op, inputs(), {}, 2, dataDevice());
    if (handle === undefined) throw new TypeError(`Cannot execute "${op}": expected two outputs, got none`);
    return tf.keep(handle);
  });
}

/** A dataset in random order: each element is drawn from a buffer of the next `bufferSize`. */
export function shuffleDataset(
  input: DatasetHandle,
  types: readonly DataType[],
  bufferSize: number,
  seeds: readonly [number, number],
  generator: tf.Tensor,
  reshuffleEachIteration: boolean,
): DatasetHandle {
  return dataset(
    "ShuffleDatasetV3",
    () => [input, int64(bufferSize), int64(seeds[0]), int64(seeds[1]), generator],
    { ...components(types), reshuffle_each_iteration: attr.bool(reshuffleEachIteration) },
  );
}

/** A dataset of random int64 scalars without end, others each time that it is begun. @param generator of createSeedGenerator() */
export function randomDataset(seeds: readonly [number, number], generator: tf.Tensor): DatasetHandle {
  return dataset("RandomDatasetV2", () => [...seeds.map(int64), generator], {
    ...components(["int64"]),
    rerandomize_each_iteration: attr.bool(true),
  });
}

/** A dataset `count` times over; -1 for ever. @param count  a number, or an int64 scalar */
export function repeatDataset(
  input: DatasetHandle,
  types: readonly DataType[],
  count: number | tf.Tensor,
): DatasetHandle {
  const times = (): tf.Tensor => (typeof count === "number" ? int64(count) : count);
  return dataset("RepeatDataset", () => [input, times()], components(types));
}

/** The first `count` elements. */
export function takeDataset(input: DatasetHandle, types: readonly DataType[], count: number): DatasetHandle {
  return dataset("TakeDataset", () => [input, int64(count)], components(types));
}

/** All but the first `count` elements. */
export function skipDataset(input: DatasetHandle, types: readonly DataType[], count: number): DatasetHandle {
  return dataset("SkipDataset", () => [input, int64(count)], components(types));
}

/** A dataset that works `bufferSize` elements ahead; -1: TensorFlow chooses. */
export function prefetchDataset(
  input: DatasetHandle,
  types: readonly DataType[],
  bufferSize: number,
): DatasetHandle {
  return dataset("PrefetchDataset", () => [input, int64(bufferSize)], components(types));
}

/** Every `count`-th element, from `index` on. */
export function shardDataset(
  input: DatasetHandle,
  types: readonly DataType[],
  count: number,
  index: number,
): DatasetHandle {
  return dataset("ShardDataset", () => [input, int64(count), int64(index)], components(types));
}

/** A dataset that remembers its elements, in memory or, if `file` is not empty, on disk. */
export function cacheDataset(
  input: DatasetHandle,
  types: readonly DataType[],
  file: string,
  memory: tf.Tensor,
): DatasetHandle {
  return dataset("CacheDatasetV2", () => [input, text(file), memory], components(types));
}

/** A dataset of batches. @param numParallelCalls undefined for one after the other */
export function batchDataset(
  input: DatasetHandle,
  types: readonly DataType[],
  options: {
    readonly size: number;
    readonly dropRemainder: boolean;
    readonly numParallelCalls: number | undefined;
  },
): DatasetHandle {
  const { size, dropRemainder, numParallelCalls } = options;
  if (numParallelCalls === undefined)
    return dataset("BatchDatasetV2", () => [input, int64(size), bool(dropRemainder)], components(types));
  return dataset(
    "ParallelBatchDataset",
    () => [input, int64(size), int64(numParallelCalls), bool(dropRemainder)],
    { ...components(types), ...order(true) },
  );
}

/** A dataset of the elements of several, side by side. */
export function zipDataset(inputs: readonly DatasetHandle[], types: readonly DataType[]): DatasetHandle {
  return dataset("ZipDataset", () => inputs, { ...components(types), N: attr.int(inputs.length) });
}

/** A dataset of the elements of one, then of another. */
export function concatenateDataset(
  first: DatasetHandle,
  second: DatasetHandle,
  types: readonly DataType[],
): DatasetHandle {
  return dataset("ConcatenateDataset", () => [first, second], components(types));
}

/** tensorflow.data.Options { autotune_options { enabled: false } } of tensorflow/core/framework/dataset_options.proto */
const UNTUNED = Uint8Array.of(0x3a, 0x02, 0x08, 0x00);

/**
 * A dataset whose parallelism is as it was asked for, and not tuned while it is read. The thread that tunes sleeps for up to a
 * minute, twice as long each time, and freeing the iterator waits for it: it is woken by a cancellation, looks whether there
 * was one, and may find that there is none yet.
 * @see tensorflow/core/data/root_dataset.cc; tsl/framework/cancellation.cc, which calls back before IsCancelled() is true
 */
export function untunedDataset(input: DatasetHandle, types: readonly DataType[]): DatasetHandle {
  return dataset("OptionsDataset", () => [input], {
    ...components(types),
    serialized_options: attr.string(UNTUNED),
  });
}

/** The paths that match a glob pattern, sorted. A file, and folders, that are there by this very name are meant by it. */
export function matchingFiles(pattern: string): string[] {
  return tf.tidy(() => {
    const paths = executeOne("MatchingFiles", [text(patternOf(pattern))], {}, dataDevice());
    return stringsOf(paths);
  });
}

function stringsOf(tensor: tf.Tensor): string[] {
  return [...tensor.dataSync<"string">()].map(String);
}

/** A tensor of any type repeated to a greater shape. @param shape ends in the tensor's own */
export function broadcastTo(tensor: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return tf.tidy(() =>
    executeOne("BroadcastTo", [tensor, tf.tensor1d([...shape], "int32")], {
      T: attr.type(dataType(tensor)),
      Tidx: attr.type("int32"),
    }),
  );
}
