/** A recording as TensorFlow's GraphDef, to be looked at: named by the layers whose variables its operations use. */
import { posix } from "node:path";
import { nodeMessage, type FunctionParts } from "./functiondef";
import { GraphDefMessage, type AttrValue, type NodeMessage } from "../runtime/messages";
import { Names, plainName } from "./names";
import type { RecordedNode, Source } from "./recorded";

/** What can be drawn as a graph: a function compiled by trace(). */
export interface GraphSource {
  /** The latest recording as a serialized GraphDef. */
  graph(): Uint8Array;
}

/** A recorded function with names for what it closes over. */
export interface GraphParts extends FunctionParts {
  /** One a capture; undefined if it is no variable. */
  readonly captureNames: readonly (string | undefined)[];
  /** The variables that the last outputs are assigned to. */
  readonly assignedNames: readonly string[];
}

const PRODUCER = 1087; // of GraphDef, as of TensorFlow 2.9
const MOST_CONTENT = 1024; // bytes of a constant that are kept
const BACKWARD = /Grad|Backprop/;

/**
 * The recording as a serialized GraphDef. Constants above 1 KiB come without their values.
 *
 * An operation belongs to the layer of the variables it uses, or to that of its latest input; what follows a gradient's
 * operation belongs to "gradients".
 */
export function graphBytes(parts: GraphParts): Uint8Array {
  const given = new Names();
  const unique = (wanted: string): string => given.unique(wanted);
  const captures = parts.captureTypes.map((type, i) => {
    const variable = parts.captureNames[i];
    const name = unique(variable ?? `captures/capture_${i}`);
    return leaf(name, variable === undefined ? "Placeholder" : "VariableV2", type);
  });
  const inputs = parts.argumentTypes.map((type, i) => leaf(unique(`argument_${i}`), "Placeholder", type));
  const scopes = scopesOf(parts);
  const names = new Map(
    parts.nodes.map((node) => [node, unique(posix.join(scopes.get(node) ?? "", node.op))] as const),
  );
  const refer = (source: Source): string => {
    if (source.kind === "argument") return inputs[source.index]?.name ?? "";
    if (source.kind === "capture") return captures[source.index]?.name ?? "";
    const name = names.get(source.node) ?? "";
    return source.output === 0 ? name : `${name}:${source.output}`;
  };
  const results = parts.outputs.length - parts.assignedNames.length;
  const outputs = parts.outputs.map(({ source, dtype }, i): NodeMessage => {
    const name = unique(
      i < results ? `output_${i}` : `updates/${plainName(parts.assignedNames[i - results] ?? "")}`,
    );
    return { name, op: "Identity", input: [refer(source)], attr: { T: { type: dtype } } };
  });
  const nodes = parts.nodes.map((node) => withoutContent(nodeMessage(node, names.get(node) ?? "", refer)));
  const message = { node: [...inputs, ...captures, ...nodes, ...outputs], versions: { producer: PRODUCER } };
  return GraphDefMessage.encode(GraphDefMessage.fromObject(message)).finish();
}

const leaf = (name: string, op: string, dtype: number): NodeMessage => ({
  name,
  op,
  input: [],
  attr: { dtype: { type: dtype } },
});

interface Place {
  readonly layer: string;
  readonly isBackward: boolean;
}

function scopesOf({ nodes, captureNames }: GraphParts): Map<RecordedNode, string> {
  const order = new Map(nodes.map((node, i) => [node, i] as const));
  const places = new Map<RecordedNode, Place>();
  for (const node of nodes) {
    if (node.constant !== undefined) continue;
    const variables = node.inputs.flatMap((source) =>
      source.kind === "capture" ? (captureNames[source.index] ?? []) : [],
    );
    const before = node.inputs
      .flatMap((source) => (source.kind === "node" ? source.node : []))
      .filter((input) => places.has(input))
      .sort((a, b) => (order.get(b) ?? 0) - (order.get(a) ?? 0))
      .map((input) => places.get(input));
    const [variable] = variables;
    const own = variable === undefined ? undefined : posix.dirname(plainName(variable));
    places.set(node, {
      layer: own ?? before.find((place) => place?.layer)?.layer ?? "",
      isBackward: BACKWARD.test(node.op) || before.some((place) => place?.isBackward),
    });
  }
  const scopes = new Map(
    [...places].map(([node, { layer, isBackward }]) => [
      node,
      isBackward ? posix.join("gradients", layer) : layer,
    ]),
  );
  placeConstants(nodes, scopes);
  return scopes;
}

/** Constants stand beside the first operation that uses them. */
function placeConstants(nodes: readonly RecordedNode[], scopes: Map<RecordedNode, string>): void {
  for (const node of nodes) {
    for (const source of node.inputs) {
      if (source.kind === "node" && !scopes.has(source.node)) scopes.set(source.node, scopes.get(node) ?? "");
    }
  }
}

function withoutContent(node: NodeMessage): NodeMessage {
  const tensor = node.attr["value"]?.tensor;
  if ((tensor?.tensor_content?.length ?? 0) <= MOST_CONTENT || tensor === undefined) return node;
  const { dtype, tensor_shape } = tensor;
  const value: AttrValue = { tensor: { dtype, tensor_shape } };
  return { ...node, attr: { ...node.attr, value } };
}
