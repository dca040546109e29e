/** Recorded graphs, to be looked at. */
import { dataTypeName } from "../../src/tensorflow/runtime/datatype";
import { GraphDefMessage, type NodeMessage } from "../../src/tensorflow/runtime/messages";

/** The operations of a serialized GraphDef. */
export function nodesOf(graph: Uint8Array): NodeMessage[] {
  const message = GraphDefMessage.toObject(GraphDefMessage.decode(graph), { arrays: true, objects: true });
  return (message as { node: NodeMessage[] }).node;
}

/** What an operation computes in: its attribute T, "" if it has none. */
export function typeOf({ attr }: NodeMessage): string {
  const type = attr["T"]?.type;
  return type === undefined ? "" : dataTypeName(type);
}

/** The operations that take a node's first output. */
export function takersOf(nodes: readonly NodeMessage[], name: string): string[] {
  return nodes.filter(({ input }) => input.includes(name)).map(({ op }) => op);
}
