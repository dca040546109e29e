/** A recording as TensorFlow's FunctionDef. */
import type { AttrValue, FunctionMessage, NodeMessage, OpMessage } from "../runtime/messages";
import { FunctionDefMessage } from "../runtime/messages";
import { isStateful, outputNames, wholeAttributes, type RecordedNode, type Source } from "./recorded";

/** What a function gives: where it comes from, and its TensorFlow data type. */
export interface FunctionOutput {
  readonly source: Source;
  readonly dtype: number;
}

/** A recorded function, to be named and registered. */
export interface FunctionParts {
  readonly name: string;
  readonly nodes: readonly RecordedNode[];
  readonly argumentTypes: readonly number[];
  /** Captures become further arguments, after the others. */
  readonly captureTypes: readonly number[];
  /** Shapes of the arguments and captures, where they are the same in every call: TensorFlow fuses more then. @default unknown */
  readonly shapes?: readonly (readonly number[])[];
  readonly outputs: readonly FunctionOutput[];
}

/** A function as bytes for the addon, and as an operation for other functions to call. */
export interface BuiltFunction {
  readonly bytes: Uint8Array;
  readonly definition: OpMessage;
  readonly nodeCount: number;
}

/**
 * The FunctionDef of a recording: only what the outputs need, and the operations with effects, in their order.
 */
export function buildFunction(parts: FunctionParts): BuiltFunction {
  const used = usedNodes(parts);
  const names = new Map([...used].map((node, i) => [node, nameOf(node, i)]));
  const refer = (source: Source): string => {
    if (source.kind === "argument") return `a${source.index}`;
    if (source.kind === "capture") return `a${parts.argumentTypes.length + source.index}`;
    return `${names.get(source.node) ?? ""}:${outputName(source.node, source.output)}`;
  };
  const nodes: NodeMessage[] = [];
  const stateful: string[] = [];
  for (const [node, name] of names) {
    const message = nodeMessage(node, name, refer);
    if (isStateful(node)) {
      const before = stateful[stateful.length - 1];
      if (before !== undefined) message.input.push(`^${before}`);
      stateful.push(name);
    }
    for (const before of node.after ?? []) message.input.push(`^${names.get(before) ?? ""}`);
    nodes.push(message);
  }
  const argument = (type: number, i: number): { name: string; type: number } => ({ name: `a${i}`, type });
  const result = (output: FunctionOutput, i: number): { name: string; type: number } => ({
    name: `o${i}`,
    type: output.dtype,
  });
  const signature = {
    name: parts.name,
    input_arg: [...parts.argumentTypes, ...parts.captureTypes].map(argument),
    output_arg: parts.outputs.map(result),
    is_stateful: stateful.length > 0,
    control_output: stateful,
  };
  const message: FunctionMessage = {
    signature,
    node_def: nodes,
    ret: Object.fromEntries(parts.outputs.map((output, i) => [`o${i}`, refer(output.source)])),
    control_ret: Object.fromEntries(stateful.map((name) => [name, name])),
    arg_attr: Object.fromEntries(parts.shapes?.map((shape, i) => [i, shapeAttr(shape)]) ?? []),
    attr: {},
  };
  const bytes = FunctionDefMessage.encode(message).finish();
  return { bytes, definition: { ...signature, attr: [] }, nodeCount: nodes.length };
}

function shapeAttr(shape: readonly number[]): { attr: Record<string, AttrValue> } {
  const list = { shape: [{ dim: shape.map((size) => ({ size })) }] };
  return { attr: { _output_shapes: { list } } };
}

/** What errors call the node; names begin with no underscore. */
function nameOf({ op }: RecordedNode, i: number): string {
  return `${op.replace(/^_+/, "")}_${i}`;
}

function usedNodes({ nodes, outputs }: FunctionParts): Set<RecordedNode> {
  const wanted = new Set<RecordedNode>();
  const visit = (source: Source): void => {
    if (source.kind !== "node") return;
    const stack = [source.node];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (wanted.has(node)) continue;
      wanted.add(node);
      for (const input of node.inputs) if (input.kind === "node") stack.push(input.node);
      stack.push(...(node.after ?? []));
    }
  };
  for (const { source } of outputs) visit(source);
  for (const node of nodes) if (isStateful(node)) visit({ kind: "node", node, output: 0 });
  return new Set(nodes.filter((node) => wanted.has(node)));
}

/** A recorded operation as a node, its inputs named by `refer`. */
export function nodeMessage(
  node: RecordedNode,
  name: string,
  refer: (source: Source) => string,
): NodeMessage {
  if (node.constant !== undefined) return constantMessage(node.constant, name);
  return { name, op: node.op, input: node.inputs.map(refer), attr: wholeAttributes(node).attrs };
}

function constantMessage(constant: NonNullable<RecordedNode["constant"]>, name: string): NodeMessage {
  const { dtype, shape, values } = constant;
  const tensor_shape = { dim: shape.map((size) => ({ size })) };
  const tensor = ArrayBuffer.isView(values)
    ? {
        dtype,
        tensor_shape,
        tensor_content: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      }
    : { dtype, tensor_shape, string_val: [...values] };
  return { name, op: "Const", input: [], attr: { dtype: { type: dtype }, value: { tensor } } };
}

function outputName({ op, attrs, constant }: RecordedNode, output: number): string {
  if (constant !== undefined) return "output:0";
  const names = outputNames(op, attrs);
  const name = names[output];
  if (name !== undefined) return name;
  throw new RangeError(`Cannot name output ${output} of "${op}": it has ${names.length}`);
}
