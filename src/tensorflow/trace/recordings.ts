/** What a traced function has recorded. */
import { attr, type Attrs } from "../runtime/attributes";
import { recordFunction, type RecordedFunction } from "./function";
import type { RecordedPrecision } from "./precision";
import type { Recompute } from "./recompute";
import { currentRecording } from "./recording";
import { tf } from "../runtime/runtime";
import { signatureOf, type Signature } from "./signature";
import { flatten, unflatten, type TensorTree, type TreeShape } from "./tree";

/** One recording, and what gives its outputs their form. */
export interface Entry {
  readonly fn: RecordedFunction;
  readonly key: string;
  readonly form: string;
  readonly shape: TreeShape;
  readonly signature: Signature;
}

/** What a function is called with. */
export interface Call {
  readonly form: readonly TreeShape[];
  readonly tensors: readonly tf.Tensor[];
}

/** What to execute for a call. */
export interface Prepared {
  readonly entry: Entry;
  readonly inputs: readonly tf.Tensor[];
  readonly attrs: Attrs;
  /** If its time matters: called when it starts, and what that gives when it is done. */
  readonly startClock?: () => () => void;
}

/** How a function is recorded; see TraceOptions. */
export interface RecordingsOptions {
  readonly name: string;
  readonly batch: "any" | undefined;
  readonly configProto: Uint8Array | undefined;
  readonly precision: RecordedPrecision;
  readonly recompute: Recompute;
}

/** The recordings of a function. */
export interface Recordings<A> {
  all(this: void): Entry[];
  /** @throws {TypeError} if an argument is not of tensors */
  callOf(this: void, args: A): Call;
  /** What to execute for a call, recorded if it is not yet. */
  prepare(this: void, call: Call): Prepared;
  signatures(this: void): Signature[];
  /** Forgets all, or that of a key; gives them. */
  clear(this: void, key?: string): Entry[];
}

/** Those in one precision, one for each form, data types and shapes of arguments, made as they are met. */
export function recordingsOf<A extends readonly TensorTree[]>(
  fn: (...args: A) => TensorTree,
  options: RecordingsOptions,
): Recordings<A> {
  const { name, configProto, batch } = options;
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
      const isInside = currentRecording() !== undefined;
      const [key, other] = placesOf(keyOf(call, batch), isInside);
      const { lent, prepared: weights } = entries.get(other)?.fn ?? {};
      const same = lent?.length === 0 && weights === undefined ? entries.get(other) : undefined;
      let entry = entries.get(key) ?? same ?? opened(all(), call, batch);
      if (entry === undefined) entries.set(key, (entry = record(fn, call, options, !isInside)));
      for (const capture of entry.fn.captures) expectLive(capture, name);
      expectNoneAssigned(call.tensors, entry.fn.assigned, name);
      const { captures, prepared } = entry.fn;
      const inputs = [...call.tensors, ...captures, ...(prepared?.get() ?? [])];
      return { entry, inputs, attrs: configOf(entry, configProto) };
    },
    signatures: () => all().map(({ signature }) => signature),
    clear(key) {
      const forgotten = all().filter((entry) => key === undefined || entry.key === key);
      for (const [place, entry] of entries) if (forgotten.includes(entry)) entries.delete(place);
      return forgotten;
    },
  };
}

const DEFAULTS = new Uint8Array(); // a ConfigProto that says nothing

/**
 * What TensorFlow compiles a function by. Told anything, it rewrites the graph before: fuses what follows convolutions with them. A
 * step that trains has nothing of the kind to fuse, and begins sooner without; in bfloat16 what is fused would be rounded less often
 * at one size of batch than at any.
 */
function configOf({ fn, signature }: Entry, configProto: Uint8Array | undefined): Attrs {
  const isPlain = fn.assigned.length === 0 && signature.precision === "float32";
  const config = configProto ?? (isPlain && currentRecording() === undefined ? DEFAULTS : undefined);
  return config === undefined ? {} : { config_proto: attr.string(config) };
}

/**
 * Where to look for the recording of a call, and where another may be that serves it if it overwrites nothing and nothing is prepared
 * for it: inside another function nothing is lent, nothing may be overwritten that the other function still needs, and what is
 * prepared would be what the variables give now, for ever.
 */
function placesOf(key: string, isInside: boolean): [place: string, other: string] {
  const inside = `inside ${key}`;
  return isInside ? [inside, key] : [key, inside];
}

/** As an argument a variable is its value when the call begins, whatever the function assigns to it. */
function expectNoneAssigned(
  given: readonly tf.Tensor[],
  assigned: readonly tf.Variable[],
  name: string,
): void {
  const variable = assigned.find((one) => given.includes(one));
  if (variable === undefined) return;
  throw new TypeError(
    `Cannot call "${name}" with variable "${variable.name}": expected one that it does not assign, got one that it does; ` +
      `let the function close over it`,
  );
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

/** What recordings of a call have in common. */
export function keyOf({ form, tensors }: Call, batch: "any" | undefined): string {
  return JSON.stringify([form, signatureOf(tensors, batch)]);
}

function record(
  fn: (...args: never[]) => unknown,
  { form, tensors }: Call,
  { name, batch, precision, recompute }: RecordingsOptions,
  isAlone: boolean,
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
  const how = batch === undefined ? { sameShapes: true, prepares: isAlone } : { batch };
  const recorded = recordFunction(body, tensors, name, { ...how, precision, recompute, overwrites: isAlone });
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
  return { fn: recorded, key: keyOf({ form, tensors }, batch), form: JSON.stringify(form), shape, signature };
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
