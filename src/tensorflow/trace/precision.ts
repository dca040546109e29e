/** What of a recording is computed in bfloat16, and where its values change their type. */
import { attr } from "../runtime/attributes";
import { dataTypeNumber } from "../runtime/datatype";
import type { FunctionParts } from "./functiondef";
import type { ArgMessage } from "../runtime/messages";
import { opDefinition } from "../runtime/opdefs";
import { movedAfter, movedBy, type RecordedNode, type Source } from "./recorded";

/** In which type convolutions, products of matrices and the activations between them are computed. */
export type RecordedPrecision = "float32" | "bfloat16";

/** The same as it is asked for: "auto" is the faster one, by measurement. */
export type Precision = RecordedPrecision | "auto";

const PRECISIONS = ["float32", "bfloat16", "auto"];

/**
 * The precision, for who was given it by JavaScript.
 * @throws {RangeError} if it is none
 */
export function expectPrecision(precision: Precision, to: string): Precision {
  if (PRECISIONS.includes(precision)) return precision;
  throw new RangeError(
    `Cannot ${to}: expected precision "float32", "bfloat16" or "auto", got ${JSON.stringify(precision)}`,
  );
}

let current: RecordedPrecision = "float32";

/** In what the recording under way will be computed; float32 if there is none. */
export function recordedPrecision(): RecordedPrecision {
  return current;
}

/** Runs `work`, which records, for a precision. */
export function recordedIn<T>(precision: RecordedPrecision, work: () => T): T {
  const before = current;
  current = precision;
  try {
    return work();
  } finally {
    current = before;
  }
}

type Nodes = Pick<FunctionParts, "nodes" | "outputs">;

const FLOAT = dataTypeNumber("float32");
const HALF = dataTypeNumber("bfloat16");

/**
 * The same recording with its convolutions and large products of matrices in bfloat16, and what follows them until something
 * else comes. Arguments, variables and results keep their types, and so do losses, softmax, means, sums, the moments of batch
 * normalization and the optimizer; each value is cast once, however many take it.
 */
export function inBfloat16<R extends Nodes>(run: R): R {
  const reduced = reducedOf(run.nodes);
  const isReduced = (source: Source): boolean => reduced.isOutput(source);
  const inputs = new Map<RecordedNode, Source[]>();
  const copies = new Map<RecordedNode, RecordedNode>();
  for (const node of run.nodes) {
    const own: Source[] = [];
    inputs.set(node, own);
    const copy = reduced.has(node) ? retyped(node) : node;
    copies.set(node, { ...copy, inputs: own, ...movedAfter(node, copies) });
  }
  const nodes: RecordedNode[] = [];
  const moved = movedBy(copies);
  const cast = castsTo(nodes, moved);
  for (const node of run.nodes) {
    const copy = copies.get(node) ?? node;
    node.inputs.forEach((source, i) => {
      const isTaken = isReduced(source);
      const wants = reduced.has(node) && copy.inputTypes[i] === HALF;
      inputs.get(node)?.push(wants === isTaken ? moved(source) : cast(source, wants ? HALF : FLOAT));
    });
    nodes.push(copy);
  }
  const outputs = run.outputs.map(({ source, dtype }) => ({
    source: isReduced(source) ? cast(source, FLOAT) : moved(source),
    dtype,
  }));
  return { ...run, nodes, outputs };
}

/** The operations that are to be computed in bfloat16. */
function reducedOf(nodes: readonly RecordedNode[]): {
  has(node: RecordedNode): boolean;
  isOutput(source: Source): boolean;
} {
  const types = new Map<RecordedNode, readonly number[]>();
  const isOutput = (source: Source): boolean =>
    source.kind === "node" && types.get(source.node)?.[source.output] === HALF;
  for (const node of nodes) {
    const deciding = FOLLOWS[node.op]?.(node) ?? [];
    const follows = deciding.length > 0 && deciding.every((i) => isReducible(node.inputs[i], isOutput));
    if (follows || GAINS[node.op]?.(node) === true) types.set(node, retyped(node).outputTypes);
  }
  return { has: (node) => types.has(node), isOutput };
}

function isReducible(source: Source | undefined, isOutput: (source: Source) => boolean): boolean {
  return source !== undefined && isOutput(source);
}

/** Whether an operation is faster in bfloat16. */
const GAINS: Readonly<Record<string, (node: RecordedNode) => boolean>> = {
  Conv2D: (node) => hasPixels(node, 0),
  Conv2DBackpropInput: (node) => hasPixels(node, 2),
  Conv2DBackpropFilter: (node) => hasPixels(node, 2),
  MatMul: areLarge,
  BatchMatMulV2: areLarge,
};

/** Whether each image has several pixels: of one, a convolution is a dense layer, which takes as long as its weights' reading. */
function hasPixels({ inputTypes, inputShapes }: RecordedNode, position: number): boolean {
  const [, height = 1, width = 1] = inputShapes?.[position] ?? [];
  return inputTypes[position] === FLOAT && height * width > 1;
}

const LARGE = 64;

function areLarge({ inputTypes, inputShapes = [] }: RecordedNode): boolean {
  const sizes = inputShapes.flatMap((shape) => shape?.slice(-2) ?? [0]);
  return inputTypes[0] === FLOAT && Math.min(...sizes) >= LARGE;
}

/** The inputs by which an operation decides: if they are bfloat16, so is all that has their type in it. */
type Deciding = (node: RecordedNode) => readonly number[];

const first: Deciding = () => [0];
const second: Deciding = () => [1];

const FOLLOWS: Readonly<Record<string, Deciding>> = {
  Shape: first,
  Identity: first,
  Reshape: first,
  Squeeze: first,
  ExpandDims: first,
  Pad: first,
  PadV2: first,
  Relu: first,
  ReluGrad: second,
  BiasAdd: first,
  MaxPool: first,
  MaxPoolGrad: first,
  Add: largest,
  AddV2: largest,
  AddN: largest,
  FusedBatchNormV3: first,
  FusedBatchNormGradV3: second,
  SlimlabMoments: first,
  SlimlabNormalize: first,
  SlimlabNormalizeGrad: second,
};

/** Those that are as large as the result: biases and scalars don't count. */
function largest({ inputShapes = [] }: RecordedNode): number[] {
  const sizes = inputShapes.map((shape) => shape?.reduce((product, size) => product * size, 1) ?? Infinity);
  const most = Math.max(...sizes);
  return sizes.flatMap((size, i) => (size === most ? [i] : []));
}

/** The node with bfloat16 for float32 wherever its operation has the type T. */
function retyped(node: RecordedNode): RecordedNode {
  const { input_arg, output_arg } = opDefinition(node.op);
  const change = (args: readonly ArgMessage[], types: readonly number[]): number[] => {
    const names = typeNames(args, node);
    return types.map((type, i) => (names[i] === "T" && type === FLOAT ? HALF : type));
  };
  return {
    ...node,
    attrs: { ...node.attrs, T: attr.type("bfloat16") },
    inputTypes: change(input_arg, node.inputTypes),
    outputTypes: change(output_arg, node.outputTypes),
  };
}

/** The attribute that tells the type of each tensor, or "" if its type is fixed. */
function typeNames(args: readonly ArgMessage[], { inputs, attrs }: RecordedNode): string[] {
  return args.flatMap(({ type_attr = "", number_attr }) => {
    const count = number_attr ? Number(attrs[number_attr]?.i ?? inputs.length) : 1;
    return new Array<string>(count).fill(type_attr);
  });
}

/** Gives a value in another type, by one Cast however often it is asked for, which is added to `nodes`. */
function castsTo(
  nodes: RecordedNode[],
  moved: (source: Source) => Source,
): (source: Source, to: number) => Source {
  const known = new Map<RecordedNode | string, Map<number, Source>>();
  return (source, to) => {
    const [of, output] = source.kind === "node" ? [source.node, source.output] : [source.kind, source.index];
    const casts = known.get(of) ?? new Map<number, Source>();
    known.set(of, casts);
    const before = casts.get(output);
    if (before !== undefined) return before;
    const [from, then] =
      to === HALF ? (["float32", "bfloat16"] as const) : (["bfloat16", "float32"] as const);
    const node: RecordedNode = {
      op: "Cast",
      attrs: { SrcT: attr.type(from), DstT: attr.type(then) },
      inputs: [moved(source)],
      inputTypes: [dataTypeNumber(from)],
      outputTypes: [to],
    };
    nodes.push(node);
    const made: Source = { kind: "node", node, output: 0 };
    casts.set(output, made);
    return made;
  };
}
