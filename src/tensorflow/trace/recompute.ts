/** Gradient checkpointing: blocks whose activations are not held for the way back, but computed again when it has come there. */
import type { FunctionParts } from "./functiondef";
import { isStateful, movedBy, type RecordedNode, type Source } from "./recorded";
import { currentRecording } from "./recording";

/** What is computed twice to hold less. */
export type Recompute = "blocks" | "none";

/**
 * Checks what is to be computed twice.
 * @throws {RangeError} if it is neither
 */
export function expectRecompute(recompute: Recompute, what: string): Recompute {
  if (["blocks", "none"].includes(recompute)) return recompute;
  throw new RangeError(
    `Cannot ${what}: expected recompute "blocks" or "none", got ${JSON.stringify(recompute)}`,
  );
}

/**
 * Runs a block of a network, whose last operation gives its result: compiled with `recompute: "blocks"`, all that is computed within
 * is computed again for the gradients, and only what the block is given and its result are held until then.
 * @see Chen et al. 2016 (arXiv 1604.06174)
 */
export function recomputable<T>(work: () => T): T {
  const recording = currentRecording();
  if (recording === undefined || recording.block !== undefined) return work();
  const begin = (recording.block = recording.nodes.length);
  try {
    return work();
  } finally {
    recording.block = undefined;
    const places = recording.nodes.slice(begin).flatMap(({ block }) => block ?? []);
    const last = places[places.length - 1];
    if (last !== undefined) last.isResult = true;
  }
}

const SMALL = new Set(["SlimlabMoments"]); // whose results are held: they are small, and would take a pass over memory

/**
 * The same recording, in which what comes after a block takes what was computed within from a second computation of it. That
 * begins when the first of those that take something has all else it needs, which for gradients is when they have come there. The
 * values are the same.
 */
export function recomputeBlocks<R extends Pick<FunctionParts, "nodes" | "outputs">>(run: R): R {
  const nodes: RecordedNode[] = [];
  const moved = new Map<RecordedNode, RecordedNode>();
  const copies = new Map<RecordedNode, RecordedNode>();
  const starts = new Map<number, readonly RecordedNode[]>();
  const move = movedBy(moved);
  const copyOf = (node: RecordedNode, after: readonly RecordedNode[]): RecordedNode => {
    const known = copies.get(node);
    if (known !== undefined) return known;
    const inputs = node.inputs.map((input) => again(input, after));
    const isFirst = !node.inputs.some((input) => isLost(input));
    const { block: _, ...rest } = node;
    const copy = { ...rest, inputs, ...(isFirst && { after }) };
    copies.set(node, copy);
    nodes.push(copy);
    return copy;
  };
  const again = (source: Source, after: readonly RecordedNode[]): Source =>
    isLost(source) ? { ...source, node: copyOf(source.node, after) } : move(source);
  for (const node of run.nodes) {
    const inputs = node.inputs.map((input) => {
      if (node.block !== undefined || !isLost(input)) return move(input);
      const { block } = input.node.block;
      const start = starts.get(block) ?? node.inputs.flatMap((other) => startOf(move(other)));
      starts.set(block, start);
      return again(input, start);
    });
    const own = { ...node, inputs };
    moved.set(node, own);
    nodes.push(own);
  }
  const outputs = run.outputs.map(({ source, dtype }) => ({ source: move(source), dtype }));
  return { ...run, nodes, outputs };
}

type LostNode = RecordedNode & Required<Pick<RecordedNode, "block">>;

/** Whether a value is not held until the gradients have come to its block. */
function isLost(source: Source): source is Extract<Source, { kind: "node" }> & { readonly node: LostNode } {
  if (source.kind !== "node") return false;
  const { op, block } = source.node;
  return block !== undefined && !block.isResult && !SMALL.has(op) && !isStateful(source.node);
}

const startOf = (source: Source): readonly RecordedNode[] =>
  source.kind === "node" && source.node.block === undefined && source.node.constant === undefined
    ? [source.node]
    : [];
