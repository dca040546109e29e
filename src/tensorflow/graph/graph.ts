/** A function of tensors as a graph of TensorFlow's operations, with its constants: what other formats are written from. */
import type { AttrValue, DataType, tf } from "../runtime";

/** What is known of a value. */
export interface GraphValue {
  readonly dtype: DataType;
  /** null: the batch's size. */
  readonly shape: readonly (number | null)[];
}

/** An operation. */
export interface GraphNode {
  /** Unique among nodes, inputs and constants. */
  readonly name: string;
  /** TensorFlow's name of the operation. */
  readonly op: string;
  /** Names of values: of an input, a constant, or a node's first output; "node:1" is its second. */
  readonly inputs: readonly string[];
  readonly attrs: Readonly<Record<string, AttrValue>>;
}

/** What is given to a graph. */
export interface GraphInput extends GraphValue {
  readonly name: string;
}

/** What a graph gives. */
export interface GraphOutput {
  readonly name: string;
  /** The name of the value. */
  readonly value: string;
}

/** A graph. */
export interface Graph {
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  /** Each stands after what it takes; all are needed for an output. */
  readonly nodes: readonly GraphNode[];
  /** By name; they belong to the graph. */
  readonly constants: ReadonlyMap<string, tf.Tensor>;
}

/** A graph of which all values are known: by name those of inputs, constants and nodes. */
export interface TypedGraph extends Graph {
  readonly values: ReadonlyMap<string, GraphValue>;
  /** Frees the constants. */
  dispose(): void;
}

/** The node's name in a value's. */
export const nodeOf = (value: string): string => value.replace(/:\d+$/, "");

/** How often each value is taken, as an input of a node or an output of the graph. */
export function usesOf({ nodes, outputs }: Pick<Graph, "nodes" | "outputs">): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const taken = [...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ value }) => value)];
  for (const value of taken) uses.set(value, (uses.get(value) ?? 0) + 1);
  return uses;
}

/** The graph without nodes and constants that no output needs. Constants that are left out are disposed. */
export function withoutUnused(graph: Graph): Graph {
  const wanted = new Set(graph.outputs.map(({ value }) => nodeOf(value)));
  for (const node of [...graph.nodes].reverse())
    if (wanted.has(node.name)) for (const input of node.inputs) wanted.add(nodeOf(input));
  const nodes = graph.nodes.filter(({ name }) => wanted.has(name));
  const constants = new Map<string, tf.Tensor>();
  for (const [name, tensor] of graph.constants)
    if (wanted.has(name)) constants.set(name, tensor);
    else tensor.dispose();
  return { ...graph, nodes, constants };
}
