/** The functions that recordings registered, as messages: what a SavedModel takes along. */
import {
  FunctionDefMessage,
  type FunctionMessage,
  type NodeMessage,
  type OpMessage,
} from "../runtime/messages";

interface Kept {
  readonly bytes: Uint8Array;
  readonly definition: OpMessage;
}

const functions = new Map<string, Kept>();

/** Remembers a registered function. */
export function keepFunction(bytes: Uint8Array, definition: OpMessage): void {
  functions.set(definition.name, { bytes, definition });
}

/** Forgets it again. */
export function dropFunction(name: string): void {
  functions.delete(name);
}

/** A registered function's FunctionDef, as bytes. */
export function functionBytes(name: string): Uint8Array | undefined {
  return functions.get(name)?.bytes;
}

/** Whether a registered function has effects. */
export function isStatefulFunction(name: string): boolean {
  return functions.get(name)?.definition.is_stateful ?? false;
}

/** A registered function as a message, its bytes as base64; undefined if there is none of the name. */
export function functionMessage(name: string): FunctionMessage | undefined {
  const kept = functions.get(name);
  const options = { longs: Number, bytes: String };
  return (
    kept && (FunctionDefMessage.toObject(FunctionDefMessage.decode(kept.bytes), options) as FunctionMessage)
  );
}

/**
 * The functions of these names and all that they call, each once; calls by a function's own name become calls by PartitionedCall,
 * as readers of SavedModels expect.
 * @throws {TypeError} if an operation is slimlab's own, which other programs lack
 */
export function functionLibrary(names: Iterable<string>): FunctionMessage[] {
  const library = new Map<string, FunctionMessage>();
  const wanted = [...names];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const kept = functions.get(name);
    if (kept === undefined || library.has(name)) continue;
    const message = FunctionDefMessage.toObject(FunctionDefMessage.decode(kept.bytes), {
      longs: Number,
    }) as FunctionMessage;
    wanted.push(...(message.node_def ?? []).flatMap(functionsOf));
    library.set(name, withCalls(message));
  }
  return [...library.values()];
}

function functionsOf({ op, attr }: NodeMessage): string[] {
  const inAttributes = Object.values(attr ?? {}).flatMap(({ func }) =>
    func === undefined ? [] : [func.name],
  );
  return functions.has(op) ? [op, ...inAttributes] : inAttributes;
}

function withCalls(message: FunctionMessage): FunctionMessage {
  const nodes = message.node_def ?? [];
  const foreign = nodes.find(({ op }) => op.startsWith("Slimlab"));
  if (foreign !== undefined) {
    throw new TypeError(
      `Cannot export "${message.signature.name}": expected TensorFlow's own operations, got "${foreign.op}", which only training needs`,
    );
  }
  const calls = new Set(nodes.filter(({ op }) => functions.has(op)).map(({ name }) => name));
  const refer = (input: string): string => {
    const [node = "", output = ""] = input.split(":");
    return calls.has(node) && output !== "" ? `${node}:output:${output.slice(1)}` : input;
  };
  const moved = nodes.map((node): NodeMessage => {
    const next = { ...node, input: (node.input ?? []).map(refer) };
    const called = functions.get(node.op)?.definition;
    return called === undefined ? next : callNode(node.name, called, next.input);
  });
  const ret = Object.fromEntries(Object.entries(message.ret ?? {}).map(([key, from]) => [key, refer(from)]));
  return { ...message, node_def: moved, ret };
}

/** A node that calls a registered function. */
export function callNode(name: string, called: OpMessage, input: string[]): NodeMessage {
  return {
    name,
    op: called.is_stateful ? "StatefulPartitionedCall" : "PartitionedCall",
    input,
    attr: {
      Tin: { list: { type: called.input_arg.map(({ type }) => type) } },
      Tout: { list: { type: called.output_arg.map(({ type }) => type) } },
      f: { func: { name: called.name } },
    },
  };
}
