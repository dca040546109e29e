/** A recorded function as a plain list of operations: what it calls stands in the place of the calls. */
import type { FunctionMessage, NodeMessage } from "../runtime/messages";
import type { RecordedFunction } from "./function";
import { functionLibrary } from "./library";
import { outputNames } from "./recorded";

/** A recorded function's operations, in an order in which each stands after what it takes. */
export interface InlinedFunction {
  /** Inputs are "name" of a first output, "name:1" of others, or an argument's; those of a FunctionDef are named otherwise. */
  readonly nodes: readonly NodeMessage[];
  /** Names of its arguments, and then of its captures. */
  readonly arguments: readonly string[];
  /** What it gives, each as an input is named. */
  readonly results: readonly string[];
}

/**
 * The operations of a recorded function and of all that it calls. What only has an effect and gives nothing that is needed is left out.
 * @throws {TypeError} if an operation is slimlab's own, which other programs lack
 */
export function inlineFunction(fn: RecordedFunction): InlinedFunction {
  const library = new Map(functionLibrary([fn.name]).map((message) => [message.signature.name, message]));
  const nodes: NodeMessage[] = [];
  const put = (message: FunctionMessage, scope: string, given: readonly string[]): readonly string[] => {
    const values = new Map(message.signature.input_arg.map(({ name }, i) => [name, given[i] ?? ""]));
    const refer = (input: string): string => values.get(input) ?? missing(message.signature.name, input);
    for (const node of inOrder(message.node_def ?? [])) {
      const inputs = (node.input ?? []).filter((input) => !input.startsWith("^")).map(refer);
      const name = `${scope}${node.name}`;
      // An operation without attributes has no map of them.
      const { attr = {} } = node;
      const called = library.get(attr["f"]?.func?.name ?? "");
      if (called !== undefined && /PartitionedCall$/.test(node.op)) {
        const results = put(called, `${name}/`, inputs);
        results.forEach((result, i) => values.set(`${node.name}:output:${i}`, result));
        continue;
      }
      nodes.push({ name, op: node.op, input: inputs, attr });
      outputNames(node.op, attr).forEach((output, i) => {
        values.set(`${node.name}:${output}`, i === 0 ? name : `${name}:${i}`);
      });
    }
    return message.signature.output_arg.map(({ name }) => refer(message.ret[name] ?? ""));
  };
  const whole = library.get(fn.name);
  if (whole === undefined)
    throw new Error(`Cannot inline "${fn.name}": expected a recorded function, got a disposed one`);
  const names = whole.signature.input_arg.map(({ name }) => name);
  return { arguments: names, results: put(whole, "", names), nodes };
}

function missing(fn: string, input: string): never {
  throw new Error(`Cannot inline "${fn}": expected an operation that gives "${input}", got none`);
}

/** Nodes of a function's message may stand in any order. */
function inOrder(nodes: readonly NodeMessage[]): readonly NodeMessage[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const ordered = new Set<NodeMessage>();
  for (const node of nodes) {
    const stack = [node];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const waiting = (top.input ?? []).flatMap((input) => byName.get(input.replace(/^\^|:.*$/g, "")) ?? []);
      const next = waiting.find((one) => !ordered.has(one));
      if (next !== undefined) stack.push(next);
      else {
        ordered.add(top);
        stack.pop();
      }
    }
  }
  return [...ordered];
}
