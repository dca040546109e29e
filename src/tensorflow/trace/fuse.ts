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
  /** A node that gives what others gave. */
  readonly loss?: { readonly node: RecordedNode; readonly replaced: readonly RecordedNode[] };
}

/**
 * The same recording with fewer passes over memory: additions to the gradient of a batch normalization, whose output several
 * layers take, become part of its gradient; weight decay becomes part of the step of momentum, and of the gradient's L2 loss. The
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
  const copyOf = (node: RecordedNode): { copy: RecordedNode; fill: () => void } => {
    const inputs: Source[] = [];
    return { copy: { ...node, inputs }, fill: () => inputs.push(...node.inputs.map(moved)) };
  };
  const losses = new Map<RecordedNode | undefined, ReturnType<typeof copyOf>>();
  const fusedNodes = run.nodes.map((node) => {
    const fused = RULES[node.op]?.(node, find, users) ?? { node };
    const own = copyOf(fused.node);
    copies.set(node, own.copy);
    if (fused.loss === undefined) return own;
    const loss = copyOf(fused.loss.node);
    for (const one of fused.loss.replaced) given.set(one, { kind: "node", node: loss.copy, output: 0 });
    losses.set(fused.loss.replaced[0], loss); // at its place: nodes stand before what takes them
    return own;
  });
  const waiting = fusedNodes.flatMap((own, i) => [losses.get(run.nodes[i]) ?? [], own].flat());
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
    const replaced = lossesOf(node, users);
    const next = withDecay(node, find, replaced) ?? node;
    const [variable, , gradient, , decay] = next.inputs;
    if (replaced.length === 0 || variable === undefined || gradient === undefined || decay === undefined)
      return { node: next };
    const inputs = [variable, gradient, decay];
    const types = { inputTypes: [FLOAT, FLOAT, FLOAT], outputTypes: [FLOAT] };
    return { node: next, loss: { node: { op: "SlimlabSlopeLoss", attrs: {}, inputs, ...types }, replaced } };
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

/** The L2 losses of a step's gradient. */
function lossesOf({ inputs }: RecordedNode, users: Users): readonly RecordedNode[] {
  const [, , gradient] = inputs;
  if (gradient?.kind !== "node") return [];
  return (users.get(gradient.node) ?? []).flatMap((user) => {
    const [of] = user?.inputs ?? [];
    return user?.op === LOSS && of?.kind === "node" && of.output === gradient.output ? [user] : [];
  });
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
