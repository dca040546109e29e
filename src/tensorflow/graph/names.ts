/** Names of operations by the layers whose variables they use: what is seen of a graph in Netron and in errors. */
import { posix } from "node:path";
import { tf } from "../runtime";
import type { InlinedFunction } from "../trace/inline";
import { Names, plainName } from "../trace/names";
import { nodeOf, type GraphNode } from "./graph";

/** The folder of a layer's variables; a batch normalization is part of the layer before it. */
const layerOf = (variable: string): string => posix.dirname(plainName(variable)).replace(/\/BatchNorm$/, "");

/**
 * The same function, its captured variables by their own names, and its operations by the folder of the variables that they use, or
 * of what they take: "resnet_v1_50/conv1/Conv2D".
 * @param inputs    names of its first arguments
 * @param captures  what its other arguments are
 */
export function namedByLayers(
  fn: InlinedFunction,
  inputs: readonly string[],
  captures: readonly tf.Tensor[],
): InlinedFunction {
  const names = new Names(inputs);
  const moved = new Map<string, string>();
  const scopes = new Map<string, string>();
  fn.arguments.forEach((argument, i) => {
    const capture = captures[i - inputs.length];
    const variable = capture instanceof tf.Variable ? capture.name : undefined;
    moved.set(argument, inputs[i] ?? names.unique(variable ?? "constant"));
    if (variable !== undefined) scopes.set(argument, layerOf(variable));
  });
  const order = new Map(fn.nodes.map(({ name }, i) => [name, i]));
  const fixed = new Set(fn.arguments.slice(inputs.length)); // what follows from captures and constants alone
  const refer = (value: string): string => {
    const node = nodeOf(value);
    return `${moved.get(node) ?? node}${value.slice(node.length)}`;
  };
  const nodes = fn.nodes.map((node) => {
    const taken = node.input.map(nodeOf);
    if (taken.every((input) => fixed.has(input))) fixed.add(node.name);
    const scoped = taken.filter((input) => scopes.has(input));
    const [latest] = [...scoped].sort((a, b) => (order.get(b) ?? -1) - (order.get(a) ?? -1));
    const scope = scopes.get(scoped.find((input) => fixed.has(input)) ?? latest ?? "");
    if (scope !== undefined) scopes.set(node.name, scope);
    const name = names.unique(posix.join(scope ?? "", node.op.replace(/^_+/, "")));
    moved.set(node.name, name);
    return { ...node, name, input: node.input.map(refer) };
  });
  const given = fn.arguments.map((argument) => moved.get(argument) ?? argument);
  return { nodes, arguments: given, results: fn.results.map(refer) };
}

/** What an operation's constant input is called in its layer, by TF-Slim's words. */
const PARTS: Readonly<Record<string, string>> = {
  Conv2D: "weights",
  DepthwiseConv2dNative: "depthwise_weights",
  MatMul: "weights",
  BatchMatMulV2: "weights",
  BiasAdd: "biases",
};

/** The name for a constant that a node takes as that input; undefined: it has none of its own. */
export function constantName(
  of: { readonly node: GraphNode; readonly i: number } | undefined,
): string | undefined {
  const part = of?.i === 1 ? PARTS[of.node.op] : undefined;
  const scope = posix.dirname(of?.node.name ?? "");
  return part === undefined || scope === "." ? undefined : `${scope}/${part}`;
}
