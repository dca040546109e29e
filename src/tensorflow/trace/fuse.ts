/** What a recording does before operations of our own that they do in passing, while they have the data at hand. */
import { attr } from "../runtime/attributes";
import { dataTypeNumber } from "../runtime/datatype";
import type { FunctionParts } from "./functiondef";
import type { RecordedNode, Source } from "./recorded";
import { usersOf, type Users } from "./users";

type Nodes = Pick<FunctionParts, "nodes" | "outputs">;
/** The sum or product that an input of a node is, if nothing else needs it but nodes that are fused too. */
type Find = (
  input: Source | undefined,
  ops: readonly string[],
  others?: readonly RecordedNode[],
) => RecordedNode | undefined;

/** What becomes of a node. */
interface Fused {
  readonly node: RecordedNode;
  /** Nodes whose first output the node has now, and as which of its own. */
  readonly gives?: { readonly nodes: readonly RecordedNode[]; readonly output: number };
}

/**
 * The same recording with fewer passes over memory: additions to the gradient of a batch normalization, whose output several
 * layers take, become part of its gradient; weight decay and the gradient's L2 loss become part of the step of momentum. The
 * values are the same, but for the rounding of a fused multiply-add and the order in which squares are added.
 *
 * A recording for any size of batch stays as it is, for what has one shape in it may not have one at another size.
 */
export function fuse<R extends Nodes>(run: R): R {
  const users = usersOf(run);
  const find: Find = (input, ops, others = []) => {
    if (input?.kind !== "node" || !ops.includes(input.node.op)) return undefined;
    return users.get(input.node)?.length === 1 + others.length ? input.node : undefined;
  };
  const copies = new Map<RecordedNode, RecordedNode>();
  const given = new Map<RecordedNode, Source>();
  const waiting = run.nodes.map((node) => {
    const fused = RULES[node.op]?.(node, find, users) ?? { node };
    const inputs: Source[] = [];
    const copy = { ...fused.node, inputs };
    copies.set(node, copy);
    for (const one of fused.gives?.nodes ?? [])
      given.set(one, { kind: "node", node: copy, output: fused.gives?.output ?? 0 });
    return { copy, fill: () => inputs.push(...fused.node.inputs.map(moved)) };
  });
  const moved = (source: Source): Source => {
    if (source.kind !== "node") return source;
    return given.get(source.node) ?? { ...source, node: copies.get(source.node) ?? source.node };
  };
  for (const { fill } of waiting) fill();
  const outputs = run.outputs.map(({ source, dtype }) => ({ source: moved(source), dtype }));
  return { ...run, nodes: waiting.map(({ copy }) => copy), outputs };
}

const SUMS = ["Add", "AddV2"];
const LOSS = "L2Loss";
const FLOAT = dataTypeNumber("float32");

type Rule = (node: RecordedNode, find: Find, users: Users) => Fused | undefined;

const RULES: Readonly<Record<string, Rule>> = {
  SlimlabNormalizeGrad(node, find) {
    const sum = find(node.inputs[0], SUMS);
    const [dy, other] = sum?.inputs ?? [];
    if (sum === undefined || dy === undefined || other === undefined || !areOfOneShape(sum)) return undefined;
    return { node: withInput({ ...node, inputs: [dy, ...node.inputs.slice(1)] }, other, "others") };
  },

  SlimlabMomentum(node, find, users) {
    const nodes = lossesOf(node, users);
    const next = withDecay(node, find, nodes) ?? node;
    if (nodes.length === 0) return { node: next };
    const { attrs, outputTypes } = next;
    const telling = { attrs: { ...attrs, losses: attr.int(1) }, outputTypes: [...outputTypes, FLOAT] };
    return { node: { ...next, ...telling }, gives: { nodes, output: outputTypes.length } };
  },
};

/** The step of momentum that adds the weight decay itself, if its gradient is a sum with that. */
function withDecay(
  node: RecordedNode,
  find: Find,
  losses: readonly RecordedNode[],
): RecordedNode | undefined {
  const sum = find(node.inputs[2], SUMS, losses);
  if (sum === undefined || !areOfOneShape(sum)) return undefined;
  const [variable, slot, , ...rest] = node.inputs;
  for (const [gradient, decayed] of [sum.inputs, [...sum.inputs].reverse()]) {
    const product = find(decayed, ["Mul"]);
    const [weights, decay] = product?.inputs ?? [];
    const isDecay =
      weights?.kind === "capture" && variable?.kind === "capture" && weights.index === variable.index;
    if (!isDecay || slot === undefined || gradient === undefined || decay === undefined) continue;
    if (product?.inputShapes?.[1]?.length !== 0) continue;
    return withInput({ ...node, inputs: [variable, slot, gradient, ...rest] }, decay, "decays");
  }
  return undefined;
}

/** The L2 losses of a step's gradient; none if the rest of the step may need them, as for a learning rate that follows a norm. */
function lossesOf({ inputs }: RecordedNode, users: Users): readonly RecordedNode[] {
  const [, , gradient, ...rest] = inputs;
  if (gradient?.kind !== "node" || need(rest, LOSS)) return [];
  return (users.get(gradient.node) ?? []).flatMap((user) => {
    const [of] = user?.inputs ?? [];
    return user?.op === LOSS && of?.kind === "node" && of.output === gradient.output ? [user] : [];
  });
}

/** Whether sources are computed from what such an operation gives. */
function need(sources: readonly Source[], op: string): boolean {
  const seen = new Set<RecordedNode>();
  const left = [...sources];
  for (let source = left.pop(); source !== undefined; source = left.pop()) {
    if (source.kind !== "node" || seen.has(source.node)) continue;
    if (source.node.op === op) return true;
    seen.add(source.node);
    left.push(...source.node.inputs);
  }
  return false;
}

/** The node with a further float32 input, which `count` counts. */
function withInput(node: RecordedNode, input: Source, count: string): RecordedNode {
  const { inputs, inputTypes, attrs } = node;
  return {
    ...node,
    inputs: [...inputs, input],
    inputTypes: [...inputTypes, FLOAT],
    attrs: { ...attrs, [count]: attr.int(1) },
  };
}

function areOfOneShape({ inputShapes = [] }: RecordedNode): boolean {
  const [first, ...others] = inputShapes.map((shape) => shape?.join());
  return first !== undefined && others.every((other) => other === first);
}
