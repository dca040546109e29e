/** What of a recording follows from what it closes over alone: the same in each call, until a variable is assigned. */
import type { FunctionOutput, FunctionParts } from "./functiondef";
import { isStateful, type RecordedNode, type Source } from "./recorded";

type Nodes = Pick<FunctionParts, "nodes" | "outputs">;

/** Tells whether a value follows from captures and constants alone. */
export function fixedIn(nodes: readonly RecordedNode[]): (source: Source) => boolean {
  const fixed = new Set<RecordedNode>();
  const isFixed = (source: Source): boolean =>
    source.kind === "capture" || (source.kind === "node" && fixed.has(source.node));
  for (const node of nodes) {
    const follows = node.inputs.length > 0 && node.inputs.every(isFixed) && !isStateful(node);
    if (node.constant !== undefined || follows) fixed.add(node);
  }
  return isFixed;
}

/** A recording in two parts. */
export interface Divided<R> {
  /** What is computed of captures alone; it has no arguments. */
  readonly first: Nodes;
  /** All else: what `first` gives are further captures of it, after its own. */
  readonly rest: R;
  /** Shapes of what `first` gives. */
  readonly shapes: readonly (readonly number[])[];
}

/** Inputs that are a layer's weights or biases, by the operations that take them. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  Conv2D: [1],
  BiasAdd: [1],
  SlimlabPackedConvolution: [1, 2],
};

/**
 * Divides a recording into what makes layers' weights of what it closes over, and all else.
 * @param captures  how many tensors it closes over
 * @returns         undefined if layers take their weights as they are
 */
export function divide<R extends Nodes>(run: R, captures: number): Divided<R> | undefined {
  const isFixed = fixedIn(run.nodes);
  const given: { readonly node: RecordedNode; readonly output: number; readonly shape: readonly number[] }[] =
    [];
  for (const { op, inputs, inputShapes } of run.nodes) {
    for (const i of WEIGHTS[op] ?? []) {
      const [source, shape] = [inputs[i], inputShapes?.[i]];
      if (source?.kind !== "node" || source.node.constant !== undefined || shape === undefined) continue;
      const isKnown = given.some(({ node, output }) => node === source.node && output === source.output);
      if (isFixed(source) && !isKnown) given.push({ ...source, shape });
    }
  }
  if (given.length === 0) return undefined;
  const outputs = given.map(({ node, output }): FunctionOutput => {
    return { source: { kind: "node", node, output }, dtype: node.outputTypes[output] ?? 0 };
  });
  const first = { nodes: run.nodes.filter((node) => isFixed({ kind: "node", node, output: 0 })), outputs };
  const rest = withInputs(run, (source) => {
    const i = given.findIndex(
      ({ node, output }) => source.kind === "node" && node === source.node && output === source.output,
    );
    return i < 0 ? undefined : { kind: "capture", index: captures + i };
  });
  return { first, rest, shapes: given.map(({ shape }) => shape) };
}

/** The same recording with some values replaced by others. @param instead  what takes a value's place; undefined: it stays */
export function withInputs<R extends Nodes>(run: R, instead: (source: Source) => Source | undefined): R {
  const copies = new Map<RecordedNode, RecordedNode>();
  const moved = (source: Source): Source => {
    const other = instead(source) ?? source;
    return other.kind === "node" ? { ...other, node: copies.get(other.node) ?? other.node } : other;
  };
  const nodes = run.nodes.map((node) => {
    const copy = { ...node, inputs: node.inputs.map(moved) };
    copies.set(node, copy);
    return copy;
  });
  const outputs = run.outputs.map(({ source, dtype }) => ({ source: moved(source), dtype }));
  return { ...run, nodes, outputs };
}
