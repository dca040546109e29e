/** A graph run by TensorFlow, operation by operation. */
import type { tf } from "../runtime";
import { execute } from "../trace";
import { outputNames } from "../trace/recorded";
import type { Graph, GraphNode } from "./graph";

/** The outputs of a node by the names of its values. */
export function executeNode(node: GraphNode, inputs: readonly tf.Tensor[]): ReadonlyMap<string, tf.Tensor> {
  const outputs = execute(node.op, inputs, node.attrs, outputNames(node.op, node.attrs).length);
  return new Map(outputs.map((tensor, i) => [i === 0 ? node.name : `${node.name}:${i}`, tensor]));
}

/**
 * What a graph gives, by name. Each value is freed when nothing needs it any more.
 * @param given    by the names of its inputs
 * @param onValue  sees each value of a node when it is computed; it belongs to the graph
 * @returns        the caller disposes
 * @throws {TypeError} if an input is missing
 */
export function runGraph(
  graph: Graph,
  given: Readonly<Record<string, tf.Tensor>>,
  onValue?: (value: string, tensor: tf.Tensor) => void,
): Record<string, tf.Tensor> {
  const values = new Map<string, tf.Tensor>(graph.constants);
  for (const { name } of graph.inputs) {
    const tensor = given[name];
    if (tensor === undefined) throw new TypeError(`Cannot run graph: expected an input "${name}", got none`);
    values.set(name, tensor);
  }
  const last = lastUses(graph);
  const computed = new Map<string, tf.Tensor>();
  try {
    graph.nodes.forEach((node, i) => {
      for (const [value, tensor] of executeNode(
        node,
        node.inputs.map((input) => valueOf(values, input)),
      )) {
        // prettier-ignore
        values.set(value, tensor);
        computed.set(value, tensor);
        onValue?.(value, tensor);
      }
      for (const value of last.get(i) ?? []) {
        computed.get(value)?.dispose();
        computed.delete(value);
      }
    });
    return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, valueOf(values, value).clone()]));
  } finally {
    for (const tensor of computed.values()) tensor.dispose();
  }
}

function valueOf(values: ReadonlyMap<string, tf.Tensor>, value: string): tf.Tensor {
  const tensor = values.get(value);
  if (tensor === undefined) throw new TypeError(`Cannot run graph: expected a value "${value}", got none`);
  return tensor;
}

/** By the number of a node: the values that nothing needs after it. */
function lastUses({ nodes, outputs }: Graph): ReadonlyMap<number, readonly string[]> {
  const kept = new Set(outputs.map(({ value }) => value));
  const seen = new Set<string>(kept);
  const last = new Map<number, string[]>();
  for (const [i, { inputs }] of [...nodes.entries()].reverse())
    for (const input of inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      last.set(i, [...(last.get(i) ?? []), input]);
    }
  return last;
}
