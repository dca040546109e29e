import { execute, executeLending } from "./execute";
import type { RecordedFunction } from "./function";
import { measuredRecordings } from "./measured";
import { expectPrecision, type Precision } from "./precision";
import { expectRecompute, type Recompute } from "./recompute";
import { currentRecording } from "./recording";
import { recordingsOf, type Call, type Entry, type Recordings } from "./recordings";
import { tf } from "../runtime/runtime";
import type { Signature } from "./signature";
import { unflatten, type TensorTree } from "./tree";
import { versionOf } from "./variables";

/** Options of trace(). */
export interface TraceOptions {
  /** What errors and signatures call it. @default the function's own name */
  readonly name?: string;
  /**
   * "any": one recording serves every batch size; inputs whose first dimension equals the first input's are batches.
   * The function is recorded at three sizes, one row apart, and what follows the size is computed from it: a function that does
   * something else for a few rows than for many, e.g. by Math.max(rows, 4), is to be traced for each size.
   * @default one recording a size
   */
  readonly batch?: "any";
  /**
   * "bfloat16": convolutions and large products of matrices are computed in bfloat16, and so are the activations between them;
   * all the rest, variables and results above all, stay float32. Processors that have instructions for it (AMX) need about half the
   * time, others may need more. "auto": the first eight calls of a signature take turns, and then the faster of both stays, of which
   * later processes know too: it is noted in `precision.json` in the project's cache folder by processor, TensorFlow's version,
   * operations and shapes. A processor without such instructions stays with float32.
   * @default "float32"
   */
  readonly precision?: Precision;
  /**
   * "blocks": what recomputable() runs is computed again for the gradients, and not held for them. A function of any batch size
   * computes nothing twice. @default "none"
   */
  readonly recompute?: Recompute;
  /** A serialized tensorflow.ConfigProto for the compiled function. @default none */
  readonly configProto?: Uint8Array;
}

/** A function compiled by trace(). */
export interface Traced<A extends readonly TensorTree[], R extends TensorTree> {
  /**
   * Runs it off the main thread; calls of one function run one after the other. The caller disposes the outputs, and may
   * dispose the inputs meanwhile.
   */
  (...args: A): Promise<R>;
  /** Runs it on the main thread; inside another traced function it becomes a call of one function by the other. */
  sync(...args: A): R;
  /** Its recordings, one for each form, data types and shapes of inputs met so far. */
  signatures(): Signature[];
  /**
   * Its latest recording as a serialized GraphDef, which TensorBoard draws.
   * @throws {Error} if it has not been called yet
   */
  graph(): Uint8Array;
  /**
   * Frees the recordings, one that runs when it has run; the system gets back, in the next turn, the memory that no tensor holds.
   * Calling it afterwards records anew.
   */
  dispose(): void;
}

/**
 * Compiles a function of tensors: the operations it runs, gradients included, become one TensorFlow function.
 *
 * The function runs once for each new signature of inputs, on tensors that have shapes but no values; from then on only its
 * recording does. Tensors and variables that it
 * closes over are looked up at each call; what it assigns to variables is assigned after each call. Steps of momentum and sums that
 * are assigned to what they change overwrite its memory, when all else has been computed and if no other tensor and no other call has
 * it. JavaScript's own values, such as a number or a counter, stay what they were at the recording: pass in as a tensor what changes. So do
 * shapes that follow from data, e.g. how many values tf.unique() finds, wherever JavaScript reads them, as tf.losses do: `signatures()`
 * tells of `computed` ones.
 *
 * What convolutions' weights, and single numbers of many such as a weight decay, are made of the variables and other tensors that it
 * closes over and does not assign is prepared once, and again when one of those has been assigned; `dispose()` frees it.
 * @param fn  takes and gives tensors, arrays or records of them; must be synchronous and read no values
 * @throws {TypeError} at a call, if an input or output is not a tensor, an input is a variable that `fn` assigns, or `fn` does what a
 *   graph can't
 * @example
 * const square = trace((x: tf.Tensor) => x.mul(x));
 * (await square(tf.scalar(3))).print(); // 9
 * @see tf.function
 */
export function trace<A extends readonly TensorTree[], R extends TensorTree>(
  fn: (...args: A) => R,
  options: TraceOptions = {},
): Traced<A, R> {
  const { name = fn.name === "" ? "fn" : fn.name } = options;
  const recordings = recordingsIn(fn, { ...options, name });
  const { callOf, prepare } = recordings;
  let last: Promise<unknown> = Promise.resolve();
  let running: Entry | undefined;

  const sync = (...args: A): R => {
    // Under a gradient tape the function itself runs, so that tfjs sees what to differentiate.
    if (tf.engine().state.gradientDepth > 0) return fn(...args);
    const { entry, inputs, attrs, startClock } = prepare(callOf(args));
    const stopClock = startClock?.();
    const outputs = execute(entry.fn.name, inputs, attrs, entry.fn.outputTypes.length);
    stopClock?.();
    return finish<R>(entry, outputs, entry.fn.assigned.map(versionOf));
  };

  const run = async (call: Call): Promise<R> => {
    const { entry, inputs, attrs, startClock } = prepare(call);
    running = entry;
    const begun = entry.fn.assigned.map(versionOf);
    try {
      const stopClock = startClock?.();
      const { outputs, overwrote } = await executeLending(entry.fn, inputs, attrs);
      stopClock?.();
      if (!overwrote) expectUnassigned(entry.fn, begun, outputs, name);
      return finish<R>(entry, outputs, begun);
    } finally {
      running = undefined;
      if (!recordings.all().includes(entry)) entry.fn.dispose(); // disposed meanwhile
    }
  };

  const traced = (...args: A): Promise<R> => {
    currentRecording()?.refuse(`"${name}" called without .sync`);
    const next = holding(
      () => callOf(args),
      (call) => last.then(() => run(call)),
    );
    last = next.then(ignore, ignore); // not the outputs themselves, which would live until the next call
    return next;
  };
  return Object.assign(traced, {
    sync,
    signatures: recordings.signatures,
    graph: () => latestOf(recordings, name).fn.graph(),
    dispose: () => {
      for (const entry of recordings.clear()) if (entry !== running) entry.fn.dispose();
    },
  });
}

function latestOf(recordings: Pick<Recordings<never>, "all">, name: string): Entry {
  const latest = recordings.all().pop();
  if (latest !== undefined) return latest;
  throw new Error(`Cannot draw "${name}": expected a recording, got a function that was never called`);
}

function recordingsIn<A extends readonly TensorTree[]>(
  fn: (...args: A) => TensorTree,
  {
    name,
    batch,
    configProto,
    precision = "float32",
    recompute = "none",
  }: TraceOptions & { readonly name: string },
): Recordings<A> {
  if (batch !== undefined && batch !== "any")
    throw new RangeError(
      `Cannot trace "${name}": expected batch "any" or none, got ${JSON.stringify(batch)}`,
    );
  const options = { name, batch, configProto, recompute: expectRecompute(recompute, `trace "${name}"`) };
  const asked = expectPrecision(precision, `trace "${name}"`);
  if (asked === "auto") return measuredRecordings(fn, options);
  return recordingsOf(fn, { ...options, precision: asked });
}

const ignore = (): void => undefined;

/** Holds a call's tensors while it waits for its turn, so that the caller may dispose them; of a variable it takes the value then. */
async function holding<R>(open: () => Call, run: (call: Call) => Promise<R>): Promise<R> {
  const { form, tensors } = open();
  const held = tensors.map((one) => (one instanceof tf.Variable ? one : tf.keep(one.clone())));
  try {
    return await run({ form, tensors: held });
  } finally {
    for (const one of held) if (!(one instanceof tf.Variable)) one.dispose();
  }
}

/**
 * Assigns what the function assigned, and gives the rest in the form that it gave. What was assigned when it had overwritten the
 * variables came after it, and stays.
 */
function finish<R extends TensorTree>(
  { fn, shape }: Entry,
  outputs: readonly tf.Tensor[],
  begun: readonly object[],
): R {
  const results = outputs.length - fn.assigned.length;
  fn.assigned.forEach((variable, i) => {
    const value = outputs[results + i];
    if (value === undefined) return;
    if (!variable.isDisposed && versionOf(variable) === begun[i]) variable.assign(value);
    value.dispose();
  });
  return unflatten(shape, outputs.slice(0, results).values()) as R;
}

/** What is assigned while a call runs would be lost, or the call's own work. */
function expectUnassigned(
  { assigned }: RecordedFunction,
  begun: readonly object[],
  outputs: readonly tf.Tensor[],
  name: string,
): void {
  const changed = assigned.find((variable, i) => !variable.isDisposed && versionOf(variable) !== begun[i]);
  if (changed === undefined) return;
  tf.dispose([...outputs]);
  throw new Error(
    `Cannot assign variable "${changed.name}" what "${name}" computed: expected the value that the call began with, got one ` +
      `assigned while it ran; await the call first`,
  );
}
