/** A graph of TensorFlow's operations as one of ONNX's. */
import type { GraphOutput, TypedGraph } from "../../tensorflow";
import { OnnxBuilder, sidesIn, type Layout } from "./builder";
import { valueInfo, type GraphProto, type NodeProto } from "./messages";
import { convert } from "./operations";

/** Options of emitOnnx(). */
export interface EmitOptions {
  /** The version of ONNX's operations: 17 to 26. */
  readonly opset: number;
  /** How images lie, among the graph's inputs and outputs. */
  readonly layout: Layout;
}

/** The name of the size that is open. */
const BATCH = "batch";

/**
 * A graph as ONNX's, with the names of its inputs and outputs. Convolutions, pools and what lies between them take images as
 * [batch, channels, height, width]; they are transposed where something needs them otherwise, constants when they are written.
 * @throws {TypeError} that names the node or the constant, if ONNX has no such operation or it is of a type that is not written
 */
export function emitOnnx(graph: TypedGraph, { opset, layout }: EmitOptions): GraphProto {
  expectNames(graph);
  const to = new OnnxBuilder(graph, opset);
  const layoutOf = (value: string): Layout => (to.shapeOf(value).length === 4 ? layout : "NHWC");
  const info = (name: string, value: string): GraphProto["input"][number] => {
    const shape = sidesIn(layoutOf(value), to.shapeOf(value));
    return valueInfo(name, { type: to.typeOf(value), shape: shape.map((size, i) => i === 0 ? (size ?? BATCH) : size) }); // prettier-ignore
  };
  for (const { name } of graph.inputs) to.give(name, layoutOf(name));
  for (const node of graph.nodes) convert(node, to);
  const ends = graph.outputs.map(({ name, value }) => ({ name, value: to.take(value, layoutOf(value)) }));
  const { nodes, nameOf } = nameOutputs(to.nodes, ends);
  const node = needed(nodes, new Set(ends.map(({ name }) => name)));
  const names = new Set(node.flatMap(({ input, output }) => [...input, ...output]));
  for (const { name } of [...graph.inputs, ...ends]) names.delete(name);
  const isNamed = ({ name }: { readonly name: string }): boolean => names.has(name);
  return {
    name: "slimlab",
    node,
    initializer: [...to.initializers.values()]
      .map((tensor) => ({ ...tensor, name: nameOf(tensor.name) }))
      .filter(isNamed),
    input: graph.inputs.map(({ name }) => info(name, name)),
    output: graph.outputs.map(({ name, value }) => info(name, value)),
    value_info: [...to.values.values()].map((one) => ({ ...one, name: nameOf(one.name) })).filter(isNamed),
  };
}

/** In ONNX a name stands for one value, so an output can't be called as an input is. */
function expectNames({ inputs, outputs }: TypedGraph): void {
  const name = inputs.find((input) => outputs.some((output) => output.name === input.name))?.name;
  if (name !== undefined)
    throw new TypeError(`Cannot export to ONNX: expected outputs of names of their own, got "${name}", which is an input's`); // prettier-ignore
}

/** The nodes, with values called as the outputs that they are; one that is no node's, or two outputs at once, is handed on. */
function nameOutputs(
  nodes: readonly NodeProto[],
  outputs: readonly GraphOutput[],
): { readonly nodes: NodeProto[]; nameOf(value: string): string } {
  const given = new Set(nodes.flatMap(({ output }) => output));
  const names = new Map<string, string>();
  const handedOn: GraphOutput[] = [];
  for (const output of outputs)
    if (given.has(output.value) && !names.has(output.value)) names.set(output.value, output.name);
    else handedOn.push(output);
  for (const { name } of outputs) if (!names.has(name)) names.set(name, `${name}/value`);
  const nameOf = (value: string): string => names.get(value) ?? value;
  const renamed = nodes.map((node) => {
    return { ...node, input: node.input.map(nameOf), output: node.output.map(nameOf) };
  });
  const last = handedOn.map(({ name, value }): NodeProto => {
    return { name, op_type: "Identity", input: [nameOf(value)], output: [name], attribute: [] };
  });
  return { nodes: [...renamed, ...last], nameOf };
}

/** The nodes that outputs need. */
function needed(nodes: readonly NodeProto[], wanted: Set<string>): NodeProto[] {
  const kept: NodeProto[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.output.some((name) => wanted.has(name))) continue;
    kept.push(node);
    for (const name of node.input) wanted.add(name);
  }
  return kept.reverse();
}
