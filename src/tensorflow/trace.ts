import { attr, type Attrs } from "./attributes";
import { executeAsync, execute } from "./execute";
import { recordFunction, type RecordedFunction } from "./function";
import { currentRecording } from "./recording";
import { dataType, tf } from "./runtime";
import { flatten, unflatten, type TensorTree, type TreeShape } from "./tree";

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
  /** A serialized tensorflow.ConfigProto for the compiled function, e.g. to turn on bfloat16. @default none */
  readonly configProto?: Uint8Array;
}

/** One recording of a traced function. */
export interface Signature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Operations in the recording, constants included. */
  readonly operations: number;
  /** Tensors and variables closed over. */
  readonly captures: number;
  /** Names of the variables assigned after each call. */
  readonly assigned: readonly string[];
}

/** A function compiled by trace(). */
export interface Traced<A extends readonly TensorTree[], R extends TensorTree> {
  /** Runs it off the main thread; calls of one function run one after the other. The caller disposes the outputs. */
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
  /** Frees the recordings. Calling it afterwards records anew. */
  dispose(): void;
}

interface Entry {
  readonly fn: RecordedFunction;
  readonly shape: TreeShape;
  readonly signature: Signature;
}

interface Prepared {
  readonly entry: Entry;
  readonly inputs: readonly tf.Tensor[];
  readonly attrs: Attrs;
}

/**
 * Compiles a function of tensors: the operations it runs, gradients included, become one TensorFlow function.
 *
 * The function runs once for each new signature of inputs; from then on only its recording does. What it closes over is looked up
 * at each call; what it assigns to variables is assigned after each call.
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
  const { name = fn.name === "" ? "fn" : fn.name, configProto, batch } = options;
  const entries = new Map<string, Entry>();
  let last: Promise<unknown> = Promise.resolve();

  const prepare = (args: A): Prepared => {
    const tensors: tf.Tensor[] = [];
    const form = args.map((argument, i) => flatten(argument, tensors, `argument ${i} of "${name}"`));
    const key = JSON.stringify([form, signatureOf(tensors, batch)]);
    const entry = entries.get(key) ?? record(fn, form, tensors, { name, batch });
    entries.set(key, entry);
    for (const capture of entry.fn.captures) expectLive(capture, name);
    const attrs = configProto === undefined ? {} : { config_proto: attr.string(configProto) };
    return { entry, inputs: [...tensors, ...entry.fn.captures], attrs };
  };

  const sync = (...args: A): R => {
    // Under a gradient tape the function itself runs, so that tfjs sees what to differentiate.
    if (tf.engine().state.gradientDepth > 0) return fn(...args);
    const { entry, inputs, attrs } = prepare(args);
    return finish<R>(entry, execute(entry.fn.name, inputs, attrs, entry.fn.outputTypes.length));
  };

  const run = async (args: A): Promise<R> => {
    const { entry, inputs, attrs } = prepare(args);
    return finish<R>(entry, await executeAsync(entry.fn.name, inputs, attrs, entry.fn.outputTypes.length));
  };

  const traced = (...args: A): Promise<R> => {
    currentRecording()?.refuse(`"${name}" called without .sync`);
    const next = last.then(() => run(args));
    last = next.catch(() => undefined);
    return next;
  };
  return Object.assign(traced, {
    sync,
    signatures: () => [...entries.values()].map(({ signature }) => signature),
    graph: () => {
      const latest = [...entries.values()].pop();
      if (latest === undefined)
        throw new Error(`Cannot draw "${name}": expected a recording, got a function that was never called`);
      return latest.fn.graph();
    },
    dispose: () => {
      for (const { fn: recorded } of entries.values()) recorded.dispose();
      entries.clear();
    },
  });
}

function record(
  fn: (...args: never[]) => unknown,
  form: readonly TreeShape[],
  tensors: readonly tf.Tensor[],
  { name, batch }: { readonly name: string; readonly batch: "any" | undefined },
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
  const recorded = recordFunction(body, tensors, name, batch === undefined ? {} : { batch });
  const { outputTypes, outputShapes, assigned } = recorded;
  const signature: Signature = {
    inputs: signatureOf(tensors, batch),
    outputs: outputTypes
      .map((type, i) => `${type}[${(outputShapes[i] ?? []).join(",")}]`)
      .slice(0, outputTypes.length - assigned.length),
    operations: recorded.nodeCount,
    captures: recorded.captures.length,
    assigned: assigned.map((variable) => variable.name),
  };
  return { fn: recorded, shape, signature };
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

/** Data types and shapes, with "?" for an open batch. */
function signatureOf(tensors: readonly tf.Tensor[], batch: "any" | undefined): string[] {
  const leading = batch === "any" ? tensors.find(({ rank }) => rank > 0)?.shape[0] : undefined;
  return tensors.map((tensor) => {
    const shape = tensor.shape.map((size, axis) => (axis === 0 && size === leading ? "?" : size));
    return `${dataType(tensor)}[${shape.join(",")}]`;
  });
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
