/** Operations as TensorFlow.js's backends do them right, where they do not do them as they are. */
import { attr, listOf, wordOf, type GraphNode, type TypedGraph } from "../../tensorflow";
import { dataTypeNumber } from "../../tensorflow/runtime/datatype";
import { fused } from "./fuse";
import { wholeWeight, type Weight } from "./weights";

/** Operations for a graph's, and the weights that they need beside its constants. */
export interface Adapted {
  readonly nodes: readonly GraphNode[];
  readonly weights: readonly Weight[];
}

/** What stands in a node's place, the last of its name; undefined: it stays. */
type Rule = (node: GraphNode, graph: TypedGraph) => Adapted | undefined;

/** A graph's operations for TensorFlow.js 4.22: see the rules. */
export function adapted(graph: TypedGraph): Adapted {
  const nodes: GraphNode[] = [];
  const weights: Weight[] = [];
  for (const node of graph.nodes) {
    const instead = RULES[node.op]?.(node, graph) ?? { nodes: [node], weights: [] };
    nodes.push(...instead.nodes);
    weights.push(...instead.weights);
  }
  return { nodes: fused({ nodes, outputs: graph.outputs }), weights };
}

/**
 * Padding "SAME" that adds nothing is "VALID": the WASM backend gives zeros where the stride is greater than the kernel and the last
 * window ends before the image does.
 */
const withoutPadding: Rule = (node, { values }) => {
  const { attrs, inputs } = node;
  const [images, filter] = inputs.map((input) => values.get(input)?.shape ?? []);
  if (wordOf(node, "padding") !== "SAME") return undefined;
  const isWhole = [0, 1].every((i) => {
    const [side, kernel] = [images?.[i + 1] ?? NaN, filter?.[i] ?? NaN];
    const stride = listOf(node, "strides")[i + 1] ?? 1;
    const dilation = listOf(node, "dilations")[i + 1] ?? 1;
    return (Math.ceil(side / stride) - 1) * stride + (kernel - 1) * dilation + 1 <= side;
  });
  if (!isWhole) return undefined;
  return { nodes: [{ ...node, attrs: { ...attrs, padding: attr.string("VALID") } }], weights: [] };
};

/** The batch's size is that of the gradient: TensorFlow.js takes -1 as a size here, and computes outside of its memory. */
const withBatch: Rule = (node, { values, constants }) => {
  const { name, inputs } = node;
  const [sizes = "", filter = "", gradient = ""] = inputs;
  const known = [...(constants.get(sizes)?.dataSync() ?? [])].map(Number);
  if (!known.includes(-1)) return undefined;
  const at = (last: string): string => `${name}/${last}`;
  const whole = { T: attr.type("int32"), N: attr.int(2), Tidx: attr.type("int32") };
  const nodes: readonly GraphNode[] = [
    { name: at("shape"), op: "Shape", inputs: [gradient], attrs: { T: attr.type(values.get(gradient)?.dtype ?? "float32"), out_type: attr.type("int32") } },
    { name: at("batch"), op: "Slice", inputs: [at("shape"), at("from"), at("one")], attrs: { T: attr.type("int32"), Index: attr.type("int32") } },
    { name: at("sizes"), op: "ConcatV2", inputs: [at("batch"), at("image"), at("axis")], attrs: whole },
    { ...node, inputs: [at("sizes"), filter, gradient] },
  ]; // prettier-ignore
  const weights = [
    wholeWeight(at("from"), [1], 0),
    wholeWeight(at("one"), [1], 1),
    wholeWeight(at("image"), [known.length - 1], ...known.slice(1)),
    wholeWeight(at("axis"), [], 0),
  ];
  return { nodes, weights };
};

/** What is not 0 is true: the WASM backend keeps 8 bits of a number for a truth. */
const isTrue: Rule = ({ name, inputs: [value = ""], attrs }, { values }) => {
  const dtype = values.get(value)?.dtype;
  if (attrs["DstT"]?.type !== dataTypeNumber("bool") || (dtype !== "int32" && dtype !== "float32"))
    return undefined;
  const zero = wholeWeight(`${name}/zero`, [], 0);
  const node = { name, op: "NotEqual", inputs: [value, zero.json.name], attrs: { T: attr.type(dtype) } };
  return { nodes: [node], weights: [{ ...zero, json: { ...zero.json, dtype } }] };
};

const RULES: Readonly<Record<string, Rule>> = {
  Conv2D: withoutPadding,
  DepthwiseConv2dNative: withoutPadding,
  Conv2DBackpropInput: withBatch,
  Cast: isTrue,
};
