/** Records the TensorFlow operations of a function while it runs once on tensors without values. */
import type { Attrs } from "../runtime/attributes";
import { userFrame } from "../runtime/callsite";
import { Computed } from "./computed";
import type { DataType } from "../runtime/datatype";
import { wholeAttributes, type RecordedConstant, type RecordedNode, type Source } from "./recorded";
import type { HandleInfo, Known, StockAttribute } from "../runtime/native";
import {
  computedHandle,
  currentObserver,
  handlesOf,
  isRecorded,
  type Observer,
  tf,
  typeNumber,
  wrap,
} from "../runtime/runtime";
import { ShapeGraph } from "./shapegraph";
import { stockAttributes } from "../runtime/stock";
import type { Stored } from "../runtime/unreachable";

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

/** An argument that a function is recorded with. */
export interface Example {
  readonly dtype: number;
  readonly shape: readonly number[];
  /** A tensor of it, which is disposed in the end; asked for only if something has to be computed. */
  value(this: void): tf.Tensor;
}

/** What is known of a value inside the function. */
interface Value {
  readonly source: Source;
  readonly dtype: number;
  readonly shape: readonly number[];
  /** Its number in the graph of shapes. */
  readonly place: number;
}

/** Where an operation runs if it must be computed, and what stands in for it then. */
type Computing = Pick<RecordedNode, "device" | "computedAs">;

let last = -1; // the handles of recordings go down

/**
 * The operations, captures and constants of one run of a function. Nothing is computed: the handles of its tensors stand for
 * values of which types and shapes are known. Where a shape follows from data, what it follows from is computed of the examples.
 */
export class Recording implements Observer {
  readonly nodes: RecordedNode[] = [];
  /** Tensors and variables closed over, in the order of their first use. */
  readonly captures: tf.Tensor[] = [];
  private readonly capturedHandles: number[] = [];
  private readonly values = new Map<number, Value>();
  private readonly shapes = new ShapeGraph();
  private readonly computing: Computed;
  private readonly inside = new Map<object, Stored>();
  private refused: Error | undefined;
  /** The block under way, if any; see recomputable(). */
  block: number | undefined;

  constructor(
    /** What error messages call the function. */
    readonly name: string,
    private readonly examples: readonly Example[],
    private readonly variableOf: (dataId: object) => tf.Tensor | undefined,
    /** The functions that its operations call, which live as long as it: by what they do, so that a second run finds them. */
    readonly called: Map<string, CalledFunction>,
  ) {
    this.computing = new Computed({
      nodes: this.nodes,
      argument: (index) => examples[index]?.value() ?? tf.scalar(NaN),
      capture: (index) => computedHandle(this.capturedHandles[index] ?? -1),
    });
  }

  /** The arguments to call the function with. */
  arguments(): tf.Tensor[] {
    return this.examples.map(({ dtype, shape }, index) => {
      const place = this.shapes.input(dtype, shape);
      return wrap(this.made({ source: { kind: "argument", index }, dtype, shape, place }));
    });
  }

  /**
   * Records an operation.
   * @returns what its outputs will be
   * @throws {TensorFlowError} if it can't have such inputs or attributes
   */
  operation(op: string, attrs: Attrs, inputs: readonly number[], computing: Computing = {}): HandleInfo[] {
    const values = inputs.map((handle) => this.valueOf(handle, op));
    const given = {
      ...{ op, attrs, ...computing },
      inputs: values.map(({ source }) => source),
      inputTypes: values.map(({ dtype }) => dtype),
      inputShapes: values.map(({ shape }) => shape),
    };
    const places = values.map(({ place }) => place);
    const known = this.shapes.operation(op, places, wholeAttributes(given));
    const block = this.block === undefined ? undefined : { block: this.block, isResult: false };
    const node: RecordedNode = {
      ...given,
      outputTypes: known.map(({ dtype }) => dtype),
      ...(block && { block }),
    };
    const shapes = known.every(isWhole) ? known.map(({ shape }) => shape) : this.computedShapes(node, known);
    this.nodes.push(node);
    return known.map(({ id, dtype }, output) =>
      this.made({ source: { kind: "node", node, output }, dtype, shape: shapes[output] ?? [], place: id }),
    );
  }

  /** Shapes that follow from data. */
  private computedShapes(node: RecordedNode, known: readonly Known[]): (readonly number[])[] {
    return this.computing.operation(node).map(({ shape }, output) => {
      this.shapes.setShape(known[output]?.id ?? -1, shape);
      return shape;
    });
  }

  stockOperation(op: string, attributes: readonly StockAttribute[], inputs: readonly number[]): HandleInfo[] {
    return this.operation(op, stockAttributes(op, attributes), inputs);
  }

  created(shape: readonly number[], dtype: number, values: ArrayBufferView | readonly Uint8Array[]): number {
    const constant: RecordedConstant = { dtype, shape: [...shape], values: copyOf(values) };
    const node: RecordedNode = {
      op: "Const",
      attrs: {},
      inputs: [],
      inputTypes: [],
      outputTypes: [dtype],
      constant,
    };
    const place = this.shapes.constant(constant);
    this.nodes.push(node);
    return this.made({ source: { kind: "node", node, output: 0 }, dtype, shape, place }).id;
  }

  stored(dataId: object, stored: Stored): void {
    this.inside.set(dataId, stored);
  }

  owns(dataId: object): boolean {
    return this.inside.has(dataId);
  }

  captured(tensor: tf.TensorInfo, handle: number): number {
    if (this.values.has(handle)) return handle;
    const source = this.variableOf(tensor.dataId) ?? tensor;
    if (!(source instanceof tf.Tensor))
      throw new TypeError(`Cannot trace "${this.name}": expected a tensor, got ${typeof source}`);
    const [dtype, shape] = [typeNumber(source), source.shape];
    const place = this.shapes.input(dtype, shape);
    this.values.set(handle, {
      source: { kind: "capture", index: this.captures.length },
      dtype,
      shape,
      place,
    });
    this.captures.push(source);
    this.capturedHandles.push(handle);
    return handle;
  }

  computed(handle: number): number | undefined {
    const value = this.values.get(handle);
    return value === undefined ? undefined : this.computing.handle(value.source);
  }

  /** Operations that had to be computed, for the shapes of what they give. */
  get computedCount(): number {
    return this.computing.nodes.size;
  }

  /**
   * Gives the tensors that outlive the function their values, and frees the rest.
   * @param which  of a function that has failed only variables and constants: gradients that fail leave all that they would need
   */
  close(which: "all" | "variables"): void {
    const { tensorInfo, registeredVariables } = tf.engine().state;
    const variables = new Set<object>(Object.values(registeredVariables).map(({ dataId }) => dataId));
    try {
      for (const [dataId, stored] of this.inside) {
        const source = isRecorded(stored.id) ? this.values.get(stored.id)?.source : undefined;
        if (source === undefined || !tensorInfo.has(dataId)) continue;
        if (which === "all" || variables.has(dataId) || isConstant(source))
          stored.id = this.computing.take(source);
      }
    } finally {
      this.computing.dispose();
      this.shapes.close();
      this.inside.clear();
      this.values.clear();
    }
  }

  /** Where the value of a tensor comes from; one that nothing in the function made becomes a capture. */
  sourceOfTensor(tensor: tf.Tensor): { readonly source: Source; readonly dtype: number } {
    const [handle = -1] = handlesOf([tensor]);
    return this.valueOf(handle, "output");
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

  private made(value: Value): HandleInfo {
    const id = --last;
    this.values.set(id, value);
    return { id, dtype: value.dtype, shape: [...value.shape] };
  }

  private valueOf(handle: number, user: string): Value {
    const value = this.values.get(handle);
    if (value === undefined)
      throw new Error(
        `Cannot trace "${this.name}": an input of "${user}" comes from nowhere (handle ${handle})`,
      );
    return value;
  }
}

function isConstant(source: Source): boolean {
  return source.kind === "node" && source.node.constant !== undefined;
}

/** Whether all of a shape is known. */
function isWhole(known: Known): known is Known & { readonly shape: number[] } {
  return known.shape?.every((size) => size >= 0) ?? false;
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
