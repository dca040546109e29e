/** Operations that all processes of a cluster do together. */
import { createHash } from "node:crypto";
import { attr, type Attrs } from "../runtime/attributes";
import { executeAsync } from "../trace/execute";
import { currentRecording } from "../trace/recording";
import { dataType, handlesOf, tf, wrap } from "../runtime/runtime";

/** The processes that exchange tensors. */
export interface CollectiveGroup {
  readonly size: number;
  /** 0 … size − 1; what is broadcast comes from 0. */
  readonly rank: number;
  /** After so many seconds of waiting for others an operation fails with DEADLINE_EXCEEDED; 0: never. */
  readonly timeoutSecs: number;
}

/** How all processes' tensors become one. */
export type Reduction = "mean" | "sum" | "min";

/** What is exchanged with whom. */
export interface CollectiveOptions {
  readonly group: CollectiveGroup;
  /** The same in all processes, and another for each exchange that may be under way at the same time. */
  readonly name: string;
}

const MERGES = {
  mean: { merge_op: "Add", final_op: "Div" },
  sum: { merge_op: "Add", final_op: "Id" },
  min: { merge_op: "Min", final_op: "Id" },
} as const;

/**
 * The reduction of all processes' tensors, in a function that is being traced. Tracing exchanges nothing: a process that
 * traces anew keeps pace with those that do not.
 * @param x  float32, of one shape in all processes
 * @returns  of the same shape; inside tidy() or the traced function, which owns it
 * @throws {TypeError} outside of a traced function, where waiting for others would stop the event loop
 * @throws {TensorFlowError} at a call, UNAVAILABLE or the like if another process is gone
 * @see tf.raw_ops.CollectiveReduceV2
 */
export function allReduce(x: tf.Tensor, reduction: Reduction, options: CollectiveOptions): tf.Tensor {
  const recording = currentRecording();
  if (recording === undefined)
    throw new TypeError(`Cannot reduce "${options.name}": expected a traced function, got an eager call`);
  return tf.tidy(() => {
    const { op, inputs, attrs } = reduceCall(x, reduction, options);
    const outputs = recording.operation(op, attrs, handlesOf(inputs), { computedAs: "Identity" });
    return outputs.map(wrap)[0] ?? x;
  });
}

/**
 * The reduction of all processes' tensors, at once and off the main thread.
 * @param x  float32, of one shape in all processes
 * @returns  of the same shape; the caller disposes
 * @throws {TensorFlowError} UNAVAILABLE or the like if another process is gone
 */
export function allReduceAsync(
  x: tf.Tensor,
  reduction: Reduction,
  options: CollectiveOptions,
): Promise<tf.Tensor> {
  return run(x, reduceCall(x, reduction, options));
}

/**
 * The tensor of the process of rank 0, in all processes, off the main thread.
 * @param x  float32, of one shape in all processes; only that of rank 0 counts
 * @returns  of the same shape; the caller disposes
 * @throws {TensorFlowError} UNAVAILABLE or the like if another process is gone
 * @see tf.raw_ops.CollectiveBcastSendV2
 */
export function broadcastAsync(x: tf.Tensor, options: CollectiveOptions): Promise<tf.Tensor> {
  const attrs = { T: attr.type("float32"), timeout_seconds: attr.float(options.group.timeoutSecs) };
  const keys = keysOf(x, "broadcast", options);
  if (options.group.rank === 0) return run(x, { op: "CollectiveBcastSendV2", inputs: [x, ...keys], attrs });
  const inputs = [...keys, tf.tensor1d(x.shape, "int32")];
  return run(x, { op: "CollectiveBcastRecvV2", inputs, attrs: { ...attrs, Tshape: attr.type("int32") } });
}

interface Call {
  readonly op: string;
  readonly inputs: readonly tf.Tensor[];
  readonly attrs: Attrs;
}

/** Runs a call at once; the keys are freed when it has begun, since TensorFlow holds what it uses. */
async function run(x: tf.Tensor, { op, inputs, attrs }: Call): Promise<tf.Tensor> {
  const outputs = executeAsync(op, inputs, attrs);
  tf.dispose(inputs.filter((input) => input !== x));
  const [output] = await outputs;
  if (output === undefined) throw new TypeError(`Cannot execute "${op}": expected an output, got none`);
  return output;
}

function reduceCall(x: tf.Tensor, reduction: Reduction, options: CollectiveOptions): Call {
  const { merge_op, final_op } = MERGES[reduction];
  const attrs = {
    T: attr.type(dataType(x)),
    merge_op: attr.string(merge_op),
    final_op: attr.string(final_op),
    communication_hint: attr.string("nccl"), // where there are no GPUs, TensorFlow takes a ring over gRPC; told "auto", everywhere
    timeout_seconds: attr.float(options.group.timeoutSecs),
    Nordering_token: attr.int(0),
  };
  return { op: "CollectiveReduceV2", inputs: [x, ...keysOf(x, reduction, options)], attrs };
}

const GROUP_KEY = 1; // one group: all

/** Group size, group key and instance key. TensorFlow binds an instance key to one shape: it is made of that too. */
function keysOf(x: tf.Tensor, what: string, { group, name }: CollectiveOptions): tf.Tensor[] {
  const text = `${what} ${name} ${dataType(x)}[${x.shape.join(",")}]`;
  const instance = createHash("sha256").update(text).digest().readInt32BE() & 0x7fffffff;
  return [group.size, GROUP_KEY, instance].map((number) => tf.scalar(number, "int32"));
}
