/** Convolutions of a recording computed by the addon's own operation, over weights that are packed once. */
import { attr } from "../runtime/attributes";
import { dataTypeNumber } from "../runtime/datatype";
import { device, native } from "../runtime/runtime";
import { fixedIn, type Changing } from "./fixed";
import type { FunctionParts } from "./functiondef";
import { movedAfter, movedBy, type RecordedNode, type Source } from "./recorded";
import { usersOf } from "./users";

type Nodes = Pick<FunctionParts, "nodes" | "outputs">;

const FLOAT = dataTypeNumber("float32");
const SUMS = ["Add", "AddV2"];
const MIN_CHANNELS = 64;
/** Pixels of a batch up to which a pointwise convolution is faster so: with more TensorFlow's own does as well. */
const MOST_PIXELS = 4096;

/** A convolution with what follows it: biases, and perhaps a sum and a ReLU. */
interface Layer {
  readonly convolution: RecordedNode;
  readonly biases: Source;
  readonly side?: Source | undefined;
}

/**
 * The same recording, in which layers of 3 x 3 convolutions (by Winograd's algorithm) and of small 1 x 1 ones are one operation each,
 * bias, residual sum and ReLU with it. Only where the weights follow from what the function closes over: packing them takes as
 * long as a part of the convolution. As it is where the addon has no such operation, for want of a processor that makes it fast.
 *
 * For recordings of one size that are not exported.
 */
export function packed<R extends Nodes>(run: R, changing: Changing): R {
  if (device().isGpu || native.opDefinition("SlimlabPack") === undefined) return run;
  const users = usersOf(run);
  const isFixed = fixedIn(run.nodes, changing);
  const nodes: RecordedNode[] = [];
  const replaced = new Map<RecordedNode, RecordedNode>();
  const moved = movedBy(replaced);
  /** The node that gives a value which nothing else takes. */
  const own = (source: Source | undefined, ops: readonly string[]): RecordedNode | undefined => {
    const isOwn =
      source?.kind === "node" && ops.includes(source.node.op) && users.get(source.node)?.length === 1;
    return isOwn ? source.node : undefined;
  };
  const biased = (node: RecordedNode | undefined): Layer | undefined => {
    const convolution = node?.op === "BiasAdd" ? own(node.inputs[0], ["Conv2D"]) : undefined;
    const [, filter] = convolution?.inputs ?? [];
    const biases = node?.inputs[1];
    if (convolution === undefined || filter === undefined || biases === undefined) return undefined;
    return isFixed(filter) && isForPacking(convolution) ? { convolution, biases } : undefined;
  };
  const summed = (node: RecordedNode): Layer | undefined => {
    if (!SUMS.includes(node.op)) return biased(node);
    const [shape, other] = node.inputShapes?.map((one) => one?.join()) ?? [];
    if (shape === undefined || shape !== other) return undefined;
    for (const [residual, side] of [node.inputs, [...node.inputs].reverse()]) {
      const layer = biased(own(residual, ["BiasAdd"]));
      if (layer !== undefined && isPointwise(layer.convolution)) return { ...layer, side };
    }
    return undefined;
  };
  for (const node of run.nodes) {
    const before = node.op === "Relu" ? own(node.inputs[0], ["BiasAdd", ...SUMS]) : node;
    const layer = before && summed(before);
    const copy = { ...node, inputs: node.inputs.map(moved), ...movedAfter(node, replaced) };
    const copies = layer === undefined ? [copy] : nodesOf(layer, node, moved);
    nodes.push(...copies);
    replaced.set(node, copies.at(-1) ?? node);
  }
  return {
    ...run,
    nodes,
    outputs: run.outputs.map(({ source, dtype }) => ({ source: moved(source), dtype })),
  };
}

/** The operations of a layer that ends in `last`. */
function nodesOf(
  { convolution, biases, side }: Layer,
  last: RecordedNode,
  moved: (source: Source) => Source,
): RecordedNode[] {
  const [x, filter] = convolution.inputs.map(moved);
  const [images, weights = []] = convolution.inputShapes ?? [];
  if (x === undefined || filter === undefined) return [last];
  const [height, , channels = 0, outputs = 0] = weights;
  const float = { attrs: {}, outputTypes: [FLOAT] };
  const pack = { ...float, op: "SlimlabPack", inputs: [filter], inputTypes: [FLOAT], inputShapes: [weights] };
  const packedShape = [height === 1 ? 1 : 16, Math.ceil(outputs / 32), channels, 32]; // as packedop.h packs them
  const inputs: Source[] = [x, { kind: "node", node: pack, output: 0 }, moved(biases)];
  const inputShapes = [images, packedShape, [outputs]];
  if (side !== undefined) {
    inputs.push(moved(side));
    inputShapes.push(images && [...images.slice(0, 3), outputs]);
  }
  const attrs = { rectify: attr.bool(last.op === "Relu"), sides: attr.int(side === undefined ? 0 : 1) };
  const op = "SlimlabPackedConvolution";
  return [pack, { ...float, op, attrs, inputs, inputTypes: inputs.map(() => FLOAT), inputShapes }];
}

function isPointwise({ inputShapes }: RecordedNode): boolean {
  return inputShapes?.[1]?.[0] === 1;
}

/** Whether a convolution is one that the addon's operation computes, and faster. */
function isForPacking({ attrs, inputTypes, inputShapes }: RecordedNode): boolean {
  const [images = [], filter = []] = inputShapes ?? [];
  const [height, width, channels = 0, outputs = 0] = filter;
  const isPlain = [attrs.strides, attrs.dilations].every(
    (one) => one?.list?.i?.every((step) => Number(step) === 1) ?? true,
  );
  if (
    !isPlain ||
    inputTypes[0] !== FLOAT ||
    images.length !== 4 ||
    Math.min(channels, outputs) < MIN_CHANNELS
  )
    return false;
  const padding = Buffer.from(attrs.padding?.s ?? []).toString();
  if (height === 1 && width === 1)
    return padding !== "EXPLICIT" && images.slice(0, 3).reduce((a, b) => a * b) <= MOST_PIXELS;
  return height === 3 && width === 3 && padding === "SAME";
}
