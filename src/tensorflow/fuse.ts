/** What a recording does before operations of our own that they do in passing, while they have the data at hand. */
import { attr } from "./attributes";
import type { FunctionParts } from "./functiondef";
import type { RecordedNode, Source } from "./recording";

type Nodes = Pick<FunctionParts, "nodes" | "outputs">;
/** The sum or product that an input of a node is, if nothing else needs it. */
type Find = (input: Source | undefined, ops: readonly string[]) => RecordedNode | undefined;

/**
 * The same recording with fewer passes over memory: additions to the gradient of a batch normalization, whose output several
 * layers take, become part of its gradient; weight decay becomes part of the step of momentum. The values are the same, but
 * for the rounding of a fused multiply-add.
 *
 * A recording for any size of batch stays as it is, for what has one shape in it may not have one at another size.
 */
export function fuse<R extends Nodes>(run: R): R {
  const uses = usesOf(run);
  const find: Find = (input, ops) => {
    const isFree = input?.kind === "node" && uses.get(input.node) === 1 && ops.includes(input.node.op);
    return isFree ? input.node : undefined;
  };
  const fused = new Map<RecordedNode, RecordedNode>();
  const moved = (source: Source): Source =>
    source.kind === "node" ? { ...source, node: fused.get(source.node) ?? source.node } : source;
  const nodes = run.nodes.map((node) => {
    const next = RULES[node.op]?.(node, find) ?? node;
    const copy = { ...next, inputs: next.inputs.map(moved) };
    fused.set(node, copy);
    return copy;
  });
  const outputs = run.outputs.map(({ source, dtype }) => ({ source: moved(source), dtype }));
  return { ...run, nodes, outputs };
}

const SUMS = ["Add", "AddV2"];

const RULES: Readonly<Record<string, (node: RecordedNode, find: Find) => RecordedNode | undefined>> = {
  SlimlabNormalizeGrad(node, find) {
    const sum = find(node.inputs[0], SUMS);
    const [dy, other] = sum?.inputs ?? [];
    if (sum === undefined || dy === undefined || other === undefined || !areOfOneShape(sum)) return undefined;
    return withInput({ ...node, inputs: [dy, ...node.inputs.slice(1)] }, other, "others");
  },

  SlimlabMomentum(node, find) {
    const sum = find(node.inputs[2], SUMS);
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
  },
};

/** The node with a further float32 input, which `count` counts. */
function withInput(node: RecordedNode, input: Source, count: string): RecordedNode {
  const { inputs, inputTypes, attrs } = node;
  const FLOAT = inputTypes[0] ?? 1;
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

function usesOf({ nodes, outputs }: Nodes): Map<RecordedNode, number> {
  const uses = new Map<RecordedNode, number>();
  const sources = [...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ source }) => source)];
  for (const source of sources)
    if (source.kind === "node") uses.set(source.node, (uses.get(source.node) ?? 0) + 1);
  return uses;
}
