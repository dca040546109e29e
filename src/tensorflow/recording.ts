/** Records the TensorFlow operations of a function while it runs once on example tensors. */
import type { Attrs } from "./attributes";
import { userFrame } from "./callsite";
import type { DataType } from "./datatype";
import type { AttrValue } from "./messages";
import { opDefinition } from "./opdefs";
import {
  currentObserver,
  handlesOf,
  type HandleInfo,
  type Observer,
  type StockAttribute,
  tf,
  typeNumber,
} from "./runtime";

/** Where a value inside the function comes from. */
export type Source =
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "capture"; readonly index: number }
  | { readonly kind: "node"; readonly node: RecordedNode; readonly output: number };

/** A constant of the recorded function. */
export interface RecordedConstant {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly values: ArrayBufferView | readonly Uint8Array[];
}

/** One recorded operation. */
export interface RecordedNode {
  readonly op: string;
  readonly attrs: Attrs;
  readonly inputs: readonly Source[];
  readonly inputTypes: readonly number[];
  readonly outputTypes: readonly number[];
  readonly constant?: RecordedConstant;
  /** Of the inputs in the recorded run, as far as it knows them. */
  readonly inputShapes?: readonly (readonly number[] | undefined)[];
}

// tfjs draws these in JavaScript, or seeds them there: recorded, their values would freeze.
const JAVASCRIPT_RANDOM = new Set([
  "randomNormal",
  "randomUniform",
  "randomUniformInt",
  "randomStandardNormal",
  "randomGamma",
  "truncatedNormal",
  "rand",
  "dropout",
  "multinomial",
]);

/** A registered function that operations of a recording call. */
export interface CalledFunction {
  readonly name: string;
  readonly outputTypes: readonly DataType[];
  dispose(): void;
}

/** The operations, captures and constants of one run of a function. */
export class Recording implements Observer {
  readonly nodes: RecordedNode[] = [];
  /** Tensors and variables closed over, in the order of their first use. */
  readonly captures: tf.Tensor[] = [];
  private readonly sources = new Map<number, Source>();
  private readonly types = new Map<number, number>();
  private readonly shapes = new Map<number, readonly number[]>();
  private readonly inside = new WeakSet<object>();
  private refused: Error | undefined;

  constructor(
    /** What error messages call the function. */
    readonly name: string,
    private readonly variableOf: (dataId: object) => tf.Tensor | undefined,
    /** The functions that its operations call, which live as long as it: by what they do, so that a second run finds them. */
    readonly called: Map<string, CalledFunction>,
  ) {}

  argument(index: number, handle: number, dtype: number, shape: readonly number[]): void {
    this.shapes.set(handle, shape);
    this.sources.set(handle, { kind: "argument", index });
    this.types.set(handle, dtype);
  }

  operation(op: string, attrs: Attrs, inputs: readonly number[], outputs: readonly HandleInfo[]): void {
    const node: RecordedNode = {
      op,
      attrs,
      inputs: inputs.map((handle) => this.sourceOf(handle, op)),
      inputTypes: inputs.map((handle) => this.types.get(handle) ?? 0),
      outputTypes: outputs.map((output) => output.dtype),
      inputShapes: inputs.map((handle) => this.shapes.get(handle)),
    };
    this.nodes.push(node);
    outputs.forEach(({ id, dtype, shape }, output) => {
      this.sources.set(id, { kind: "node", node, output });
      this.shapes.set(id, shape);
      this.types.set(id, dtype);
    });
  }

  stockOperation(
    op: string,
    attributes: readonly StockAttribute[],
    inputs: readonly number[],
    outputs: readonly HandleInfo[],
  ): void {
    const definition = opDefinition(op);
    const attrs: Record<string, AttrValue> = {};
    for (const { name, value } of attributes) {
      const type = definition.attr.find((one) => one.name === name)?.type ?? "";
      attrs[name] = attributeOf(type, value, `${op}.${name}`);
    }
    this.operation(op, attrs, inputs, outputs);
  }

  created(
    id: number,
    shape: readonly number[],
    dtype: number,
    values: ArrayBufferView | readonly Uint8Array[],
  ): void {
    const constant: RecordedConstant = { dtype, shape: [...shape], values: copyOf(values) };
    const node: RecordedNode = {
      op: "Const",
      attrs: {},
      inputs: [],
      inputTypes: [],
      outputTypes: [dtype],
      constant,
    };
    this.nodes.push(node);
    this.sources.set(id, { kind: "node", node, output: 0 });
    this.shapes.set(id, shape);
    this.types.set(id, dtype);
  }

  stored(dataId: object): void {
    this.inside.add(dataId);
  }

  owns(dataId: object): boolean {
    return this.inside.has(dataId);
  }

  captured(tensor: tf.TensorInfo, upload: () => number): number {
    const handle = upload();
    if (this.sources.has(handle)) return handle;
    const source = this.variableOf(tensor.dataId) ?? tensor;
    if (!(source instanceof tf.Tensor))
      throw new TypeError(`Cannot trace "${this.name}": expected a tensor, got ${typeof source}`);
    this.sources.set(handle, { kind: "capture", index: this.captures.length });
    this.types.set(handle, typeNumber(source));
    this.shapes.set(handle, source.shape);
    this.captures.push(source);
    return handle;
  }

  /** Where the value of a tensor comes from; one that nothing in the function made becomes a capture. */
  sourceOfTensor(tensor: tf.Tensor): { readonly source: Source; readonly dtype: number } {
    const [handle = -1] = handlesOf([tensor]);
    return { source: this.sourceOf(handle, "output"), dtype: this.types.get(handle) ?? 0 };
  }

  read(): never {
    return this.refuse("a value read inside (data, dataSync, arraySync, print)");
  }

  readLater(): Promise<never> {
    this.refused ??= this.refusal("a value read inside (data, array)");
    return new Promise<never>(() => undefined);
  }

  /** Called with the name of each tfjs operation that starts. */
  started(operation: string): void {
    if (JAVASCRIPT_RANDOM.has(operation)) {
      this.refuse(
        `tf.${operation}(), whose numbers are drawn in JavaScript; use random.uniform or random.normal with a seed`,
      );
    }
  }

  /** Stops the recording with an error that names what was met and the line that called it. */
  refuse(met: string): never {
    this.refused ??= this.refusal(met);
    throw this.refused;
  }

  /** Throws what was refused, also where the function has caught it. */
  check(): void {
    if (this.refused !== undefined) throw this.refused;
  }

  private refusal(met: string): Error {
    return new TypeError(
      `Cannot trace "${this.name}": expected graph operations only, got ${met}${userFrame()}`,
    );
  }

  private sourceOf(handle: number, user: string): Source {
    const source = this.sources.get(handle);
    if (source === undefined)
      throw new Error(
        `Cannot trace "${this.name}": an input of "${user}" comes from nowhere (handle ${handle})`,
      );
    return source;
  }
}

/** The recording under way, if any. */
export function currentRecording(): Recording | undefined {
  const observer = currentObserver();
  return observer instanceof Recording ? observer : undefined;
}

function copyOf(values: ArrayBufferView | readonly Uint8Array[]): ArrayBufferView | readonly Uint8Array[] {
  if (!ArrayBuffer.isView(values)) return values.map((value) => value.slice());
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
}

// The stock binding gives attributes as bare JavaScript values; the op's definition says of which kind each is.
function attributeOf(type: string, value: unknown, name: string): AttrValue {
  const numbers = (): number[] => (value as readonly number[]).map(Number);
  switch (type) {
    case "type":
      return { type: Number(value) };
    case "int":
      return { i: Number(value) };
    case "float":
      return { f: Number(value) };
    case "bool":
      return { b: Boolean(value) };
    case "string":
      return { s: Buffer.from(String(value)) };
    case "shape":
      return { shape: { dim: numbers().map((size) => ({ size })) } };
    case "list(int)":
      return { list: { i: numbers() } };
    case "list(type)":
      return { list: { type: numbers() } };
    case "list(float)":
      return { list: { f: numbers() } };
    default:
      throw new TypeError(`Cannot record attribute "${name}": expected a known kind, got "${type}"`);
  }
}
