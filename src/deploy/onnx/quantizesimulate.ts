/** A graph of TensorFlow's operations that computes as its ONNX graph in whole numbers does: what is lost is seen by it. */
import { attr, contentBytes, tf, type Graph, type GraphNode } from "../../tensorflow";
import { int8Weights, rangeOf, type Scale } from "./quantizescale";

/** What is whole numbers, by TensorFlow's names. */
export interface Simulated {
  readonly scales: ReadonlyMap<string, Scale>;
  /** Constants: weights of convolutions and products. */
  readonly weights: ReadonlySet<string>;
}

const CONVOLUTIONS = ["Conv2D", "DepthwiseConv2dNative", "MatMul"];

/**
 * The graph with values and weights rounded as its whole numbers are; sums are floats'. Its new constants are the caller's, with
 * those of the graph among them.
 */
export function simulateInt8(graph: Graph, { scales, weights }: Simulated): Graph {
  const constants = new Map(graph.constants);
  const rounded = (value: string): string => (scales.has(value) ? `${value}#int8` : value);
  const nodes: GraphNode[] = [];
  const round = (value: string): void => {
    const scale = scales.get(value);
    if (scale !== undefined) nodes.push(roundNode(value, scale));
  };
  for (const { name } of graph.inputs) round(name);
  for (const node of graph.nodes) {
    const filter = node.inputs[1] ?? "";
    if (isWeighing(node, { weights }))
      constants.set(filter, roundedWeights(node, graph.constants.get(filter)));
    nodes.push({ ...node, inputs: node.inputs.map(rounded) });
    round(node.name);
  }
  return { ...graph, nodes, constants };
}

/** Whether a node multiplies with weights in whole numbers. */
export function isWeighing({ op, inputs }: GraphNode, { weights }: Pick<Simulated, "weights">): boolean {
  return CONVOLUTIONS.includes(op) && weights.has(inputs[1] ?? "");
}

/** A value, rounded: "…#int8". */
export function roundNode(value: string, scale: Scale): GraphNode {
  const { min, max } = rangeOf(scale);
  const attrs = {
    min: attr.float(min),
    max: attr.float(max),
    num_bits: attr.int(8),
    narrow_range: attr.bool(false),
  };
  return { name: `${value}#int8`, op: "FakeQuantWithMinMaxArgs", inputs: [value], attrs };
}

/** Weights as their whole numbers tell them. */
export function roundedWeights({ op, attrs }: GraphNode, filter: tf.Tensor | undefined): tf.Tensor {
  if (filter === undefined) throw new Error(`Cannot simulate ${op}: expected weights, got none`);
  const { buffer, byteOffset, byteLength } = contentBytes(filter);
  const weights = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  const isLast = attrs["transpose_b"]?.b !== true;
  const [rows = 1] = filter.shape;
  const last = filter.shape.slice(op === "DepthwiseConv2dNative" ? -2 : -1);
  const channels = isLast ? last.reduce((all, size) => all * size, 1) : rows;
  const { whole, scales } = int8Weights({ weights, channels, isLast, bias: undefined, inputScale: 1 });
  const each = weights.length / channels;
  const told = Float32Array.from(whole, (number, i) => number * (scales[isLast ? i % channels : Math.floor(i / each)] ?? 1)); // prettier-ignore
  return tf.tensor(told, filter.shape);
}
