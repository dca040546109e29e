/** What a recording assigns to variables, written in their own memory. */
import { attr } from "../runtime/attributes";
import { dataTypeNumber } from "../runtime/datatype";
import { device, type tf } from "../runtime/runtime";
import type { FunctionOutput } from "./functiondef";
import { isStateful, movedBy, type RecordedNode, type Source } from "./recorded";
import { usersOf } from "./users";

/** A recording with what it closes over, and the variables that its last outputs are assigned to. */
interface Assigning {
  readonly nodes: readonly RecordedNode[];
  readonly outputs: readonly FunctionOutput[];
  readonly captures: readonly tf.Tensor[];
  readonly assigned: readonly tf.Variable[];
}

/** The same recording for calls that lend it variables. */
export interface Overwriting {
  readonly nodes: readonly RecordedNode[];
  readonly outputs: readonly FunctionOutput[];
  /** What may be lent to it, by the place among what it closes over. */
  readonly lent: readonly number[];
}

/** A node that can give the next value of a capture in the capture's own memory, and by which inputs it takes those. */
interface Writer {
  readonly places: number[];
  readonly written: (gate: RecordedNode) => RecordedNode;
}

const SUMS = ["Add", "AddV2", "Sub"];
const STEPS = ["SlimlabMomentum", "SlimlabAdam", "SlimlabRmsProp"];
const FLOAT = dataTypeNumber("float32");

// What these give has memory of its own, whatever they are given; others may give an input on, as Identity and Reshape do.
const OWN =
  /^(Slimlab.*|Add|AddV2|Sub|Mul|RealDiv|Maximum|Minimum|Square|Sqrt|Rsqrt|Exp|Log|L2Loss|Relu.*|BiasAdd.*|Conv2D.*|Depthwise.*|MatMul|BatchMatMulV2|FusedBatchNorm.*|MaxPool.*|AvgPool.*|ArgMax|Equal|Shape|(SparseS|S)oftmax.*)$/;

/**
 * The same recording, in which steps of an optimizer and sums that are assigned to what they are computed of overwrite it, if it is lent
 * to the call; they run when all else has, so that an error changes nothing, and all that reads the variables reads them as they were.
 */
export function overwriting({ nodes, outputs, captures, assigned }: Assigning): Overwriting {
  const writers = device().isGpu
    ? new Map<RecordedNode, Writer>()
    : writersOf({ nodes, outputs, captures, assigned });
  const read = capturesRead(nodes, outputs, writers);
  const lent: number[] = [];
  for (const [node, writer] of writers) {
    const own = writer.places.map((place) => captureOf(node.inputs[place]));
    const isRead = own.some((index) => index === undefined || read.has(index));
    if (isRead) writers.delete(node);
    else lent.push(...own.filter((index) => index !== undefined));
  }
  if (lent.length === 0) return { nodes, outputs, lent };
  const gate = gateOf(nodes, outputs, writers);
  const written = new Map([...writers].map(([node, writer]) => [node, writer.written(gate)] as const));
  const moved = movedBy(written);
  return {
    nodes: [...nodes.filter((node) => !written.has(node)), gate, ...written.values()],
    outputs: outputs.map(({ source, dtype }) => ({ source: moved(source), dtype })),
    lent,
  };
}

function writersOf({ nodes, outputs, captures, assigned }: Assigning): Map<RecordedNode, Writer> {
  const users = usersOf({ nodes, outputs });
  const found = new Map<RecordedNode, Writer>();
  assigned.forEach((variable, i) => {
    const source = outputs[outputs.length - assigned.length + i]?.source;
    if (source?.kind !== "node") return;
    const { node, output } = source;
    const writer = found.get(node) ?? writerOf(node);
    const index = captureOf(node.inputs[output]);
    const isOwn = index !== undefined && captures[index] === variable;
    if (writer === undefined || !isOwn || users.get(node)?.some((user) => user !== undefined) === true)
      return;
    writer.places.push(output);
    found.set(node, writer);
  });
  return found;
}

/** Nodes of which output i is the next value of input i. */
function writerOf(node: RecordedNode): Writer | undefined {
  const { op, attrs, inputs, inputTypes, outputTypes, inputShapes } = node;
  const in_place = attr.bool(true); // a name by which TensorFlow's optimizers know that inputs are overwritten
  if (STEPS.includes(op))
    return { places: [], written: (gate) => ({ ...node, attrs: { ...attrs, in_place }, after: [gate] }) };
  const [shape, change] = (inputShapes ?? []).map((one) => one?.join());
  if (!SUMS.includes(op) || shape === undefined || shape !== change || inputTypes[0] !== FLOAT)
    return undefined;
  const given = { inputs, inputTypes, outputTypes };
  const own = { op: "SlimlabAccumulate", attrs: { subtracts: attr.bool(op === "Sub"), in_place } };
  return { places: [], written: (gate) => ({ ...given, ...own, after: [gate] }) };
}

const captureOf = (source: Source | undefined): number | undefined =>
  source?.kind === "capture" ? source.index : undefined;

/** The captures whose memory others than their writers may read when those have begun, or the caller when they have ended. */
function capturesRead(
  nodes: readonly RecordedNode[],
  outputs: readonly FunctionOutput[],
  writers: ReadonlyMap<RecordedNode, Writer>,
): Set<number> {
  const read = new Set<number>();
  const owned = new Set<number>();
  const left: Source[] = outputs.flatMap(({ source }) => source);
  for (const node of nodes) if (isStateful(node)) left.push(...node.inputs);
  for (const [node, { places }] of writers)
    node.inputs.forEach((input, place) => {
      const own = places.includes(place) ? captureOf(input) : undefined;
      if (own === undefined || owned.has(own)) left.push(input);
      else owned.add(own);
    });
  const seen = new Set<RecordedNode>();
  for (let source = left.pop(); source !== undefined; source = left.pop()) {
    if (source.kind === "capture") read.add(source.index);
    if (source.kind !== "node" || seen.has(source.node)) continue;
    seen.add(source.node);
    if (!givesOwn(source.node)) left.push(...source.node.inputs);
  }
  return read;
}

/** Whether what a node gives has memory of its own: of one tensor, a sum of several is the tensor. */
function givesOwn({ op, inputs }: RecordedNode): boolean {
  return OWN.test(op) || (op === "AddN" && inputs.length > 1);
}

/** What all writers run after: what they are given, what the function gives and what it does besides. */
function gateOf(
  nodes: readonly RecordedNode[],
  outputs: readonly FunctionOutput[],
  writers: ReadonlyMap<RecordedNode, Writer>,
): RecordedNode {
  const sources = [
    ...outputs.map(({ source }) => source),
    ...[...writers.keys()].flatMap(({ inputs }) => inputs),
  ];
  const before = new Set(nodes.filter(isStateful));
  for (const source of sources)
    if (source.kind === "node" && source.node.constant === undefined) before.add(source.node);
  const after = [...before].filter((node) => !writers.has(node));
  return { op: "NoOp", attrs: {}, inputs: [], inputTypes: [], outputTypes: [], after };
}
