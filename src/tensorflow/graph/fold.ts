/** What of a graph follows from its constants and from the batch's size alone is computed when it is exported. */
import { attr, dataType, tf } from "../runtime";
import { execute } from "../trace";
import type { InlinedFunction } from "../trace/inline";
import { Names } from "../trace/names";
import { contentBytes, isSameConstant } from "./constant";
import type { Graph, GraphInput, GraphNode, GraphOutput, GraphValue, TypedGraph } from "./graph";
import { constantName } from "./names";
import { executeNode } from "./run";

/** The sizes of batches at which constants are computed: what is the same at both does not follow the batch. */
const SIZES = [2, 3] as const;

/** A constant at both sizes. */
type Pair = readonly [tf.Tensor, tf.Tensor];

/** What is to be folded. */
export interface Unfolded {
  readonly fn: InlinedFunction;
  /** Of the function's arguments, in their order. */
  readonly inputs: readonly GraphInput[];
  /** What its other arguments are. */
  readonly captures: readonly tf.Tensor[];
  readonly outputs: readonly string[];
}

/**
 * The graph of a function, without what can be computed now: batch normalizations of fixed statistics become weights, shapes numbers.
 * Where a size follows the batch's, it is -1.
 * @throws {TypeError} that names the operation, if something else follows the batch's size
 */
export function foldConstants({ fn, inputs, captures, outputs }: Unfolded): Graph {
  const shapes = new Map(inputs.map((input) => [input.name, input]));
  const folding = new Folding(shapes, new Names(shapes.keys()));
  try {
    fn.arguments.slice(inputs.length).forEach((name, i) => {
      const tensor = captures[i]?.clone();
      if (tensor !== undefined) folding.known.set(name, [tensor, tensor]);
    });
    for (const { name, op, input, attr } of fn.nodes) folding.add({ name, op, inputs: input, attrs: attr });
    const results = fn.results.map((result, i): GraphOutput => {
      return { name: outputs[i] ?? result, value: folding.argument(result) };
    });
    return { inputs, outputs: results, nodes: folding.nodes, constants: folding.constants };
  } catch (error) {
    for (const tensor of folding.constants.values()) tensor.dispose();
    throw error;
  } finally {
    folding.dispose();
  }
}

/** The same graph, without what follows from shapes that are known by now. Constants of the graph given stay with whom it belongs to. */
export function foldShapes(graph: TypedGraph): Graph {
  const folding = new Folding(graph.values);
  try {
    for (const [name, tensor] of graph.constants) {
      const constant = tensor.clone();
      folding.known.set(name, [constant, constant]);
    }
    for (const node of graph.nodes) folding.add(node);
    const outputs = graph.outputs.map(({ name, value }) => ({ name, value: folding.argument(value) }));
    return { inputs: graph.inputs, outputs, nodes: folding.nodes, constants: folding.constants };
  } finally {
    folding.dispose();
  }
}

class Folding {
  readonly nodes: GraphNode[] = [];
  readonly constants = new Map<string, tf.Tensor>();
  readonly known = new Map<string, Pair>();

  /**
   * @param shapes  of values, as far as they are known
   * @param names   gives constants their names. @default those of the values that they are
   */
  constructor(
    private readonly shapes: ReadonlyMap<string, GraphValue>,
    private readonly names?: Names,
  ) {}

  /** Names of constants by the values that they are. */
  private readonly named = new Map<string, string>();

  add(node: GraphNode): void {
    const shape = node.op === "Shape" ? this.shapeOf(node) : undefined;
    if (shape !== undefined) {
      this.known.set(node.name, shape);
      return;
    }
    const pairs = node.inputs.map((input) => this.known.get(input));
    const all = pairs.filter((pair) => pair !== undefined);
    if (all.length < pairs.length) {
      const inputs = node.inputs.map((input, i) => this.argument(input, { node, i }));
      this.nodes.push({ ...node, inputs });
      return;
    }
    const at = (i: 0 | 1): ReadonlyMap<string, tf.Tensor> => executeNode(node, all.map((pair) => pair[i])); // prettier-ignore
    const first = at(0);
    const second = all.every(([one, other]) => one === other) ? first : at(1);
    for (const [value, tensor] of first) this.known.set(value, [tensor, second.get(value) ?? tensor]);
  }

  /** A shape that is known but for its batch. */
  private shapeOf({ inputs, attrs }: GraphNode): Pair | undefined {
    const input = this.shapes.get(inputs[0] ?? "");
    if (input === undefined) return undefined;
    const at = (batch: number): tf.Tensor => {
      const sizes = tf.tensor1d(input.shape.map((size) => size ?? batch), "int32"); // prettier-ignore
      const int32 = attr.type("int32");
      const { out_type = int32 } = attrs;
      if (out_type.type === int32.type) return sizes;
      const [cast] = execute("Cast", [sizes], { SrcT: int32, DstT: out_type });
      sizes.dispose();
      return cast ?? sizes;
    };
    return [at(SIZES[0]), at(SIZES[1])];
  }

  /** A value as what is not folded takes it: a constant's name, if it is one. */
  argument(value: string, of?: { readonly node: GraphNode; readonly i: number }): string {
    const pair = this.known.get(value);
    if (pair === undefined) return value;
    const before = this.named.get(value);
    if (before !== undefined) return before;
    const constant = isSameConstant(...pair) ? pair[0].clone() : (openSizes(pair, of) ?? openRows(pair));
    if (constant === undefined)
      throw new TypeError(
        `Cannot export graph: expected what any batch size allows, got "${of?.node.name ?? value}" (${of?.node.op ?? "a result"}), which takes what follows the batch's size`,
      );
    const own = value.replace(":", "_");
    const name = this.names?.unique(constantName(of) ?? own) ?? own;
    this.named.set(value, name);
    this.constants.set(name, constant);
    return name;
  }

  dispose(): void {
    const kept = new Set(this.constants.values());
    for (const pair of this.known.values())
      for (const tensor of pair) if (!kept.has(tensor) && !tensor.isDisposed) tensor.dispose();
  }
}

/** Operations whose input of this number tells sizes, of which one may be -1: all that there is. */
const SIZED: Readonly<Record<string, number>> = {
  Reshape: 1,
  Slice: 2,
  BroadcastTo: 1,
  Conv2DBackpropInput: 0,
};

/** Sizes of which one follows the batch's. */
function openSizes(
  [one, other]: Pair,
  of?: { readonly node: GraphNode; readonly i: number },
): tf.Tensor | undefined {
  if (of === undefined || SIZED[of.node.op] !== of.i || dataType(one) !== "int32") return undefined;
  const [sizes, more] = [one.dataSync(), other.dataSync()];
  const opened = [...sizes].map((size, i) => (size === more[i] ? size : -1));
  return opened.filter((size) => size === -1).length > 1 ? undefined : tf.tensor1d(opened, "int32");
}

/** The same row for each image of a batch: one of it, as what is broadcast. */
function openRows([one, other]: Pair): tf.Tensor | undefined {
  const [rows, ...rest] = one.shape;
  if (rows !== SIZES[0] || String([SIZES[1], ...rest]) !== String(other.shape)) return undefined;
  const bytes = contentBytes(one);
  const size = bytes.length / SIZES[0];
  const isRepeated = (of: tf.Tensor): boolean => {
    const all = contentBytes(of);
    for (let from = 0; from < all.length; from += size)
      if (Buffer.compare(all.subarray(from, from + size), bytes.subarray(0, size)) !== 0) return false;
    return true;
  };
  if (!isRepeated(one) || !isRepeated(other)) return undefined;
  return tf.slice(one, 0, 1);
}
