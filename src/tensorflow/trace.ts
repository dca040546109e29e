import { attr, type Attrs } from "./attributes";
import { executeAsync, execute } from "./execute";
import { recordFunction, type RecordedFunction } from "./function";
import type { Precision } from "./precision";
import { currentRecording } from "./recording";
import { tf } from "./runtime";
import { signatureOf, type Signature } from "./signature";
import { flatten, unflatten, type TensorTree, type TreeShape } from "./tree";
import { versionOf } from "./variables";

/** Options of trace(). */
export interface TraceOptions {
  /** What errors and signatures call it. @default the function's own name */
  readonly name?: string;
  /**
   * "any": one recording serves every batch size; inputs whose first dimension equals the first input's are batches.
   * The function is recorded at two sizes, and what follows the size is computed from it.
   * @default one recording a size
   */
  readonly batch?: "any";
  /**
   * "bfloat16": convolutions and large products of matrices are computed in bfloat16, and so are the activations between them;
   * all the rest, variables and results above all, stay float32. Processors that have instructions for it (AMX) need about half the
   * time, others may need more.
   * @default "float32"
   */
  readonly precision?: Precision;
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
  /** Frees the recordings, one that runs when it has run. Calling it afterwards records anew. */
  dispose(): void;
}

interface Entry {
  readonly fn: RecordedFunction;
  readonly form: string;
  readonly shape: TreeShape;
  readonly signature: Signature;
}

/** What a function is called with. */
interface Call {
  readonly form: readonly TreeShape[];
  readonly tensors: readonly tf.Tensor[];
}

interface Prepared {
  readonly entry: Entry;
  readonly inputs: readonly tf.Tensor[];
  readonly attrs: Attrs;
}

/**
 * Compiles a function of tensors: the operations it runs, gradients included, become one TensorFlow function.
 *
 * The function runs once for each new signature of inputs, on tensors that have shapes but no values; from then on only its
 * recording does. Tensors and variables that it
 * closes over are looked up at each call; what it assigns to variables is assigned after each call. JavaScript's own values, such
 * as a number or a counter, stay what they were at the recording: pass in as a tensor what changes.
 * @param fn  takes and gives tensors, arrays or records of them; must be synchronous and read no values
 * @throws {TypeError} at a call, if an input or output is not a tensor or `fn` does what a graph can't
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
  const recordings = recordingsOf(fn, { ...options, name });
  const { callOf, prepare } = recordings;
  let last: Promise<unknown> = Promise.resolve();
  let running: Entry | undefined;

  const sync = (...args: A): R => {
    // Under a gradient tape the function itself runs, so that tfjs sees what to differentiate.
    if (tf.engine().state.gradientDepth > 0) return fn(...args);
    const { entry, inputs, attrs } = prepare(callOf(args));
    return finish<R>(entry, execute(entry.fn.name, inputs, attrs, entry.fn.outputTypes.length));
  };

  const run = async (call: Call): Promise<R> => {
    const { entry, inputs, attrs } = prepare(call);
    running = entry;
    const begun = entry.fn.assigned.map(versionOf);
    try {
      const outputs = await executeAsync(entry.fn.name, inputs, attrs, entry.fn.outputTypes.length);
      expectUnassigned(entry.fn, begun, outputs, name);
      return finish<R>(entry, outputs);
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
    signatures: () => recordings.all().map(({ signature }) => signature),
    graph: () => {
      const latest = recordings.all().pop();
      if (latest === undefined)
        throw new Error(`Cannot draw "${name}": expected a recording, got a function that was never called`);
      return latest.fn.graph();
    },
    dispose: () => {
      for (const entry of recordings.clear()) if (entry !== running) entry.fn.dispose();
    },
  });
}

const ignore = (): void => undefined;

interface Recordings<A> {
  all(this: void): Entry[];
  /** @throws {TypeError} if an argument is not of tensors */
  callOf(this: void, args: A): Call;
  /** What to execute for a call, recorded if it is not yet. */
  prepare(this: void, call: Call): Prepared;
  /** Forgets all; gives them. */
  clear(this: void): Entry[];
}

function recordingsOf<A extends readonly TensorTree[]>(
  fn: (...args: A) => TensorTree,
  { name, configProto, batch, precision = "float32" }: TraceOptions & { readonly name: string },
): Recordings<A> {
  const entries = new Map<string, Entry>();
  const all = (): Entry[] => [...entries.values()];
  return {
    all,
    callOf(args) {
      const tensors: tf.Tensor[] = [];
      const form = args.map((argument, i) => flatten(argument, tensors, `argument ${i} of "${name}"`));
      return { form, tensors };
    },
    prepare(call) {
      const key = JSON.stringify([call.form, signatureOf(call.tensors, batch)]);
      let entry = entries.get(key) ?? opened(all(), call, batch);
      if (entry === undefined) entries.set(key, (entry = record(fn, call, { name, batch, precision })));
      for (const capture of entry.fn.captures) expectLive(capture, name);
      const attrs = configProto === undefined ? {} : { config_proto: attr.string(configProto) };
      return { entry, inputs: [...call.tensors, ...entry.fn.captures], attrs };
    },
    clear() {
      const forgotten = all();
      entries.clear();
      return forgotten;
    },
  };
}

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

/** The recording for any batch that serves a call, also one in which an input that is no batch happens to be as long as one. */
function opened(
  entries: readonly Entry[],
  { form, tensors }: Call,
  batch: "any" | undefined,
): Entry | undefined {
  if (batch === undefined) return undefined;
  const fixed = signatureOf(tensors, undefined);
  const open = signatureOf(tensors, batch);
  const key = JSON.stringify(form);
  return entries.find(
    (entry) =>
      entry.form === key &&
      entry.signature.inputs.every((input, i) => input === fixed[i] || input === open[i]),
  );
}

/** How trace() records. */
interface Recorded {
  readonly name: string;
  readonly batch: "any" | undefined;
  readonly precision: Precision;
}

function record(
  fn: (...args: never[]) => unknown,
  { form, tensors }: Call,
  { name, batch, precision }: Recorded,
): Entry {
  let shape: TreeShape = "tensor";
  const body = (...copies: tf.Tensor[]): readonly tf.Tensor[] => {
    const leaves = copies.values();
    const result: unknown = fn(...(form.map((one) => unflatten(one, leaves)) as never[]));
    if (isPromise(result)) {
      result.then(undefined, () => undefined);
      currentRecording()?.refuse("an asynchronous function");
    }
    const outputs: tf.Tensor[] = [];
    shape = flatten(result, outputs, `the output of "${name}"`);
    return outputs;
  };
  const recorded = recordFunction(body, tensors, name, { ...(batch && { batch }), precision });
  const { outputTypes, outputShapes, assigned } = recorded;
  const signature: Signature = {
    inputs: signatureOf(tensors, batch),
    outputs: outputTypes
      .map((type, i) => `${type}[${(outputShapes[i] ?? []).join(",")}]`)
      .slice(0, outputTypes.length - assigned.length),
    precision,
    operations: recorded.nodeCount,
    computed: recorded.computedCount,
    captures: recorded.captures.length,
    assigned: assigned.map((variable) => variable.name),
  };
  return { fn: recorded, form: JSON.stringify(form), shape, signature };
}

/** Assigns what the function assigned, and gives the rest in the form that it gave. */
function finish<R extends TensorTree>({ fn, shape }: Entry, outputs: readonly tf.Tensor[]): R {
  const results = outputs.length - fn.assigned.length;
  fn.assigned.forEach((variable, i) => {
    const value = outputs[results + i];
    if (value === undefined) return;
    variable.assign(value);
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

function expectLive(capture: tf.Tensor, name: string): void {
  if (!capture.isDisposed) return;
  const what =
    capture instanceof tf.Variable ? `variable "${capture.name}"` : `a tensor [${capture.shape.join(",")}]`;
  throw new Error(
    `Cannot call "${name}": expected what it closed over to live, got ${what} that is disposed`,
  );
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
