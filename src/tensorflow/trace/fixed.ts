/** What of a recording follows from what it closes over alone: the same in each call, until a variable is assigned. */
import type { FunctionOutput, FunctionParts } from "./functiondef";
import { isStateful, movedAfter, movedBy, type RecordedNode, type Source } from "./recorded";

type Nodes = Pick<FunctionParts, "nodes" | "outputs">;

/** The captures of a recording that it assigns, by their places: they are others in each call. */
export type Changing = ReadonlySet<number>;

/** Tells whether a value follows from constants and from captures that do not change alone. */
export function fixedIn(nodes: readonly RecordedNode[], changing: Changing): (source: Source) => boolean {
  const fixed = new Set<RecordedNode>();
  const isFixed = (source: Source): boolean =>
    source.kind === "capture"
      ? !changing.has(source.index)
      : source.kind === "node" && fixed.has(source.node);
  for (const node of nodes) {
    const isFree = node.after === undefined && !isStateful(node); // what waits for others is computed in each call on purpose
    const follows = node.inputs.length > 0 && node.inputs.every(isFixed) && isFree;
    if (node.constant !== undefined || follows) fixed.add(node);
  }
  return isFixed;
}

/** A recording in two parts. */
export interface Divided<R> {
  /** What is computed of captures alone; it has no arguments. */
  readonly first: Nodes;
  /** The captures that `first` takes, in its order, by their places. */
  readonly uses: readonly number[];
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

/** Numbers of which a single one is made that is worth to be kept, such as what weights add to the loss. */
const MANY = 4096;

/**
 * Divides a recording into what makes layers' weights, and single numbers of many, of what it closes over, and all else.
 * @param captures  how many tensors it closes over
 * @returns         undefined if there is nothing of the kind
 */
export function divide<R extends Nodes>(
  run: R,
  captures: number,
  changing: Changing,
): Divided<R> | undefined {
  const isFixed = fixedIn(run.nodes, changing);
  const given = givenIn(run, isFixed);
  if (given.length === 0) return undefined;
  const outputs = given.map(({ node, output }): FunctionOutput => {
    return { source: { kind: "node", node, output }, dtype: node.outputTypes[output] ?? 0 };
  });
  const fixed = run.nodes.filter((node) => isFixed({ kind: "node", node, output: 0 }));
  const uses = [...new Set(neededFor(outputs).flatMap(capturesOf))].sort((a, b) => a - b);
  const rest = withInputs(run, (source) => {
    const i = given.findIndex((one) => isSame(one, source));
    return i < 0 ? undefined : { kind: "capture", index: captures + i };
  });
  const first = withInputs({ nodes: fixed, outputs }, (source) =>
    source.kind === "capture" ? { kind: "capture", index: uses.indexOf(source.index) } : undefined,
  );
  return { first, uses, rest, shapes: given.map(({ shape }) => shape) };
}

/** A value that is to be computed once. */
interface Given {
  readonly node: RecordedNode;
  readonly output: number;
  readonly shape: readonly number[];
}

const isSame = ({ node, output }: Given, source: Source): boolean =>
  source.kind === "node" && source.node === node && source.output === output;

function givenIn(run: Nodes, isFixed: (source: Source) => boolean): readonly Given[] {
  const given: Given[] = [];
  const ofMany = ofManyIn(run.nodes);
  for (const node of run.nodes) {
    if (isFixed({ kind: "node", node, output: 0 })) continue;
    node.inputs.forEach((source, i) => {
      const shape = node.inputShapes?.[i];
      if (source.kind !== "node" || source.node.constant !== undefined || shape === undefined) return;
      const isWeight = WEIGHTS[node.op]?.includes(i) === true;
      const isSum = shape.length === 0 && ofMany.has(source.node);
      const isNew = !given.some((one) => isSame(one, source));
      if ((isWeight || isSum) && isNew && isFixed(source)) given.push({ ...source, shape });
    });
  }
  return given;
}

/** Nodes that have taken many numbers, themselves or by what they take. */
function ofManyIn(nodes: readonly RecordedNode[]): ReadonlySet<RecordedNode> {
  const found = new Set<RecordedNode>();
  for (const node of nodes) {
    const isOfMany = node.inputs.some((source, i) => {
      const size = node.inputShapes?.[i]?.reduce((product, side) => product * side, 1) ?? 0;
      return source.kind === "node" ? found.has(source.node) : size >= MANY;
    });
    if (isOfMany) found.add(node);
  }
  return found;
}

function neededFor(outputs: readonly FunctionOutput[]): readonly RecordedNode[] {
  const needed = new Set<RecordedNode>();
  const left = outputs.map(({ source }) => source);
  for (let source = left.pop(); source !== undefined; source = left.pop()) {
    if (source.kind !== "node" || needed.has(source.node)) continue;
    needed.add(source.node);
    left.push(...source.node.inputs);
  }
  return [...needed];
}

const capturesOf = ({ inputs }: RecordedNode): number[] =>
  inputs.flatMap((source) => (source.kind === "capture" ? [source.index] : []));

/** The same recording with some values replaced by others. @param instead  what takes a value's place; undefined: it stays */
export function withInputs<R extends Nodes>(run: R, instead: (source: Source) => Source | undefined): R {
  const copies = new Map<RecordedNode, RecordedNode>();
  const copied = movedBy(copies);
  const moved = (source: Source): Source => copied(instead(source) ?? source);
  const nodes = run.nodes.map((node) => {
    const copy = { ...node, inputs: node.inputs.map(moved), ...movedAfter(node, copies) };
    copies.set(node, copy);
    return copy;
  });
  const outputs = run.outputs.map(({ source, dtype }) => ({ source: moved(source), dtype }));
  return { ...run, nodes, outputs };
}
