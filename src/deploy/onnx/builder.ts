/** An ONNX graph while it is made of TensorFlow's operations. */
import {
  contentBytes,
  dataType,
  tf,
  usesOf,
  type DataType,
  type GraphNode,
  type GraphValue,
  type TypedGraph,
} from "../../tensorflow";
import { ONNX_TYPES, valueInfo, type AttributeProto, type NodeProto, type TensorProto, type ValueInfoProto } from "./messages"; // prettier-ignore

/**
 * How images lie: [batch, height, width, channels] as in TensorFlow, or [batch, channels, height, width], as ONNX's convolutions take
 * them. Values that are no images, of other than four dimensions, lie as TensorFlow has them, which is called NHWC, too.
 */
export type Layout = "NHWC" | "NCHW";

/** Where the axes of [batch, height, width, channels] stand in [batch, channels, height, width]. */
const MOVED = [0, 2, 3, 1] as const;

/** What is passed to tf.transpose() for it. */
const TO_NCHW = [0, 3, 1, 2] as const;
const TO_NHWC = [0, 2, 3, 1] as const;

/** Axes of a value of four dimensions in a layout. */
export const axesIn = (layout: Layout, axes: readonly number[]): number[] =>
  axes.map((axis) => (layout === "NCHW" ? (MOVED[axis] ?? axis) : axis));

/** What belongs to the axes of [batch, height, width, channels], in a layout's order. */
export const sidesIn = <T>(layout: Layout, sides: readonly T[]): T[] => {
  if (layout === "NHWC") return [...sides];
  return TO_NCHW.flatMap((axis) => sides.slice(axis, axis + 1));
};

/** An operation to be added. */
export interface Added {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes?: readonly AttributeProto[];
}

/** A graph of ONNX's operations that grows node by node of TensorFlow's. */
export class OnnxBuilder {
  readonly nodes: NodeProto[] = [];
  readonly initializers = new Map<string, TensorProto>();
  readonly values = new Map<string, ValueInfoProto>();
  /** By the name of a value of TensorFlow's graph: its names here, by layout. */
  private readonly names = new Map<string, Map<Layout, string>>();
  /** By the name of a constant: its names here, by what was made of it. */
  private readonly made = new Map<string, Map<string, string>>();
  private readonly uses: ReadonlyMap<string, number>;
  private readonly producers: ReadonlyMap<string, GraphNode>;

  /** @param opset  the version of ONNX's operations */
  constructor(
    private readonly graph: TypedGraph,
    readonly opset: number,
  ) {
    this.uses = usesOf(graph);
    this.producers = new Map(graph.nodes.map((node) => [node.name, node]));
  }

  /** @throws {TypeError} if a value is of no type that is written */
  typeOf(value: string): number {
    return typeNumber(value, this.known(value).dtype);
  }

  shapeOf(value: string): readonly (number | null)[] {
    return this.known(value).shape;
  }

  constant(value: string | undefined): tf.Tensor | undefined {
    return this.graph.constants.get(value ?? "");
  }

  /** The node that gives a value, of one of these operations, if nothing else takes what it gives. */
  only(value: string | undefined, ops: readonly string[]): GraphNode | undefined {
    const node = this.producers.get(value ?? "");
    return node !== undefined && ops.includes(node.op) && this.uses.get(node.name) === 1 ? node : undefined;
  }

  /** The node that gives a value. */
  producer(value: string | undefined): GraphNode | undefined {
    return this.producers.get(value ?? "");
  }

  /** Whether a value is an image that is there as [batch, channels, height, width] without being transposed for it. */
  isImage(value: string): boolean {
    return this.names.get(value)?.has("NCHW") === true;
  }

  /** The name of a value in a layout. */
  take(value: string, layout: Layout = "NHWC"): string {
    const known = this.names.get(value)?.get(layout);
    if (known !== undefined) return known;
    const isMoved = layout === "NCHW" && this.shapeOf(value).length === 4;
    if (this.constant(value) !== undefined)
      return this.weights(value, isMoved ? "NCHW" : "plain", (tensor) => (isMoved ? tf.transpose(tensor, [...TO_NCHW]) : tensor)); // prettier-ignore
    const other = this.take(value, layout === "NCHW" ? "NHWC" : "NCHW");
    const name = this.give(value, layout);
    const perm = layout === "NCHW" ? TO_NCHW : TO_NHWC;
    this.push(
      { op: "Transpose", inputs: [other], attributes: [{ name: "perm", type: 7, ints: perm }] },
      name,
    );
    return name;
  }

  /** The name of a value of which the numbers' order alone counts: in either layout, where both have the same. */
  takeFlat(value: string): string {
    const names = this.names.get(value);
    const same = this.isSameInBoth(value) ? names?.get("NCHW") : undefined;
    return names?.get("NHWC") ?? same ?? this.take(value);
  }

  /** A constant, or what is made of it, as an initializer. */
  weights(value: string, form: string, make: (tensor: tf.Tensor) => tf.Tensor): string {
    const tensor = this.constant(value);
    if (tensor === undefined)
      throw new TypeError(
        `Cannot export to ONNX: expected "${value}" to be a constant, got what is computed`,
      );
    const forms = this.made.get(value) ?? new Map<string, string>();
    this.made.set(value, forms);
    const known = forms.get(form);
    if (known !== undefined) return known;
    const name = forms.size === 0 ? value : `${value}/${form}`;
    forms.set(form, name);
    tf.tidy(() => void this.initializers.set(name, initializerOf(name, make(tensor))));
    return name;
  }

  /** Numbers that an operation takes as an input: axes, sizes, limits. @param dims  of a list; its length if not told */
  numbers(
    name: string,
    type: NumberType,
    numbers: number | readonly number[],
    dims?: readonly number[],
  ): string {
    // prettier-ignore
    const all = [numbers].flat();
    const raw_data = new Uint8Array(bytesOf(type, all));
    const ownDims = typeof numbers === "number" ? [] : [all.length];
    this.initializers.set(name, { name, dims: dims ?? ownDims, data_type: ONNX_TYPES[type], raw_data });
    return name;
  }

  /** Says that a value is there in a layout. @returns its name there */
  give(value: string, layout: Layout): string {
    const names = this.names.get(value) ?? new Map<Layout, string>();
    this.names.set(value, names);
    const name = names.size === 0 ? value : `${value}/${layout}`;
    names.set(layout, name);
    const shape = sidesIn(this.shapeOf(value).length === 4 ? layout : "NHWC", this.shapeOf(value));
    this.values.set(name, valueInfo(name, { type: this.typeOf(value), shape }));
    return name;
  }

  /** Adds the operation that gives a node's first output. */
  emit(node: Pick<GraphNode, "name">, added: Added, layout: Layout = "NHWC"): void {
    this.push(added, this.give(node.name, layout));
  }

  /** Adds an operation that gives something on the way to a node's output. @returns the name of what it gives */
  part(name: string, added: Added): string {
    this.push(added, name);
    return name;
  }

  push({ op, inputs, attributes = [] }: Added, ...output: string[]): void {
    this.nodes.push({ name: output[0] ?? op, op_type: op, input: inputs, output, attribute: attributes });
  }

  private known(value: string): GraphValue {
    const known = this.graph.values.get(value);
    if (known !== undefined) return known;
    throw new TypeError(`Cannot export to ONNX: expected a value "${value}", got none`);
  }

  /** Whether its numbers follow each other in the same order in both layouts. */
  private isSameInBoth(value: string): boolean {
    const [, height, width, channels] = this.shapeOf(value);
    return this.shapeOf(value).length === 4 && ((height === 1 && width === 1) || channels === 1);
  }
}

type NumberType = "float32" | "int32" | "int64";

function bytesOf(type: NumberType, numbers: readonly number[]): ArrayBuffer {
  if (type === "int64") return BigInt64Array.from(numbers, BigInt).buffer;
  return type === "int32" ? Int32Array.from(numbers).buffer : Float32Array.from(numbers).buffer;
}

function initializerOf(name: string, tensor: tf.Tensor): TensorProto {
  const data_type = typeNumber(name, dataType(tensor));
  return { name, dims: tensor.shape, data_type, raw_data: contentBytes(tensor) };
}

function typeNumber(value: string, dtype: DataType): number {
  if (dtype === "float32" || dtype === "int32" || dtype === "int64" || dtype === "bool") return ONNX_TYPES[dtype]; // prettier-ignore
  throw new TypeError(
    `Cannot export to ONNX: expected "${value}" to be float32, int32, int64 or bool, got ${dtype}`,
  );
}
