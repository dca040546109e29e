/** Static int8 of a graph: measured on representative images, written, and compared with floats. */
import { shielded } from "../../interrupt";
import { expectScopes, isInScopes, type Scopes } from "../../model/scopes";
import { nodeOf, type Graph, type tf, type TypedGraph } from "../../tensorflow";
import { calibrate, partOf, passesOf, type RangeChoice } from "./calibrate";
import { representativeImages, type RepresentativeImages } from "./calibrateimages";
import type { GraphProto, NodeProto } from "./messages";
import { quantizeOnnx } from "./quantize";
import { planInt8, type Int8Plan } from "./quantizeplan";
import { layerLosses } from "./quantizelosses";
import { LOW_AGREEMENT, type Int8Numbers } from "./quantizereport";
import { scaleOf, type Scale } from "./quantizescale";
import { differenceOf, type Difference } from "./quantizescore";
import { simulateInt8, type Simulated } from "./quantizesimulate";

/** Options of exportOnnx() for whole numbers. */
export interface Int8Options {
  /**
   * Some hundred images of the kind that the network will see, as the graph receives them: [n, height, width, channels] with either
   * layout, or the file of representativeDataset(). Their ranges become those of activations.
   */
  readonly images: tf.Tensor4D | string;
  /** "mse": rare numbers are cut off where the rest becomes finer by it; "minMax": all that was seen is told, in one pass less. @default "mse" */
  readonly ranges?: RangeChoice;
  /** Layers that stay in floats. @default none */
  readonly floatScopes?: Scopes;
  /** Told after each batch, as progressBar()'s `update` takes it. @default nobody */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A graph in whole numbers, and how well it agrees with floats. */
export interface Int8Graph {
  readonly graph: GraphProto;
  readonly numbers: Omit<Int8Numbers, "bytes" | "floatBytes">;
}

/**
 * Makes whole numbers of a graph.
 * @param graph  the graph of TensorFlow's operations
 * @param float  the same, as emitOnnx() makes it
 * @param signal  ends it
 * @throws {TypeError} if images are not as the graph receives them
 * @throws {RangeError} if they are fewer than eight, or an image or a value is not finite
 * @throws what the signal gives as its reason
 */
export async function quantizeInt8(
  graph: TypedGraph,
  float: GraphProto,
  options: Int8Options,
  signal?: AbortSignal,
): Promise<Int8Graph> {
  const { ranges: choice = "mse", onProgress } = options;
  const input = graph.inputs.find(({ dtype, shape }) => dtype === "float32" && shape.length === 4);
  if (input === undefined)
    throw new TypeError("Cannot calibrate: expected a graph that receives float32 images, got none such");
  const images = await representativeImages(options.images, input);
  const part = partOf(graph, input);
  const original = originals(graph, part);
  const plan = planOf(float, original, options.floatScopes);
  const total = images.count * (passesOf(choice) + 1);
  let done = 0;
  const onBatch = (count: number): void => {
    done += count;
    onProgress?.({ done, total });
    signal?.throwIfAborted();
  };
  const values = new Set([...plan.values.values()].flatMap((root) => original(root) ?? []));
  const ranges = await calibrate(part, images, { values, choice, onBatch });
  const scales = new Map<string, Scale>();
  const simulated = { scales: new Map<string, Scale>(), weights: weightsOf(graph, float, plan) };
  for (const [value, root] of plan.values) {
    const [own, range] = [original(value), ranges.get(original(root) ?? "")];
    if (own === undefined || range === undefined) continue;
    scales.set(value, scaleOf(range));
    simulated.scales.set(own, scaleOf(range));
  }
  const numbers = {
    ...(await compare(part, simulated, images, onBatch)),
    images: images.count,
    wholeLayers: plan.weighted.size,
    layers: layersOf(float).length,
  };
  return { graph: shielded(() => quantizeOnnx(float, plan, scales)), numbers };
}

/** How far whole numbers are from floats, and where, if that is far. */
async function compare(
  graph: Graph,
  simulated: Simulated,
  images: RepresentativeImages,
  onBatch: (images: number) => void,
): Promise<Difference & Pick<Int8Numbers, "losses">> {
  const whole = shielded(() => simulateInt8(graph, simulated));
  try {
    const difference = await differenceOf([graph, whole], images, onBatch);
    const isLow = difference.agreement < LOW_AGREEMENT;
    return { ...difference, losses: isLow ? await layerLosses(graph, simulated, images) : [] };
  } finally {
    for (const [name, tensor] of whole.constants) if (tensor !== graph.constants.get(name)) tensor.dispose();
  }
}

function planOf(float: GraphProto, original: Original, scopes: Scopes | undefined): Int8Plan {
  const layers = layersOf(float).map(({ name }) => name);
  const inFloats = expectScopes(scopes, layers, "leave layers in floats", "graph");
  const isKnown = (value: string): boolean => original(value) !== undefined;
  return planInt8(float, { isKnown, isFloat: (node) => isInScopes(node, inFloats) });
}

/** What has weights: products that resize photos have none that are a second operand. */
function layersOf({ node, initializer }: GraphProto): NodeProto[] {
  const constants = new Set(initializer.map(({ name }) => name));
  return node.filter(({ op_type, input }) => ["Conv", "Gemm", "MatMul"].includes(op_type) && constants.has(input[1] ?? "")); // prettier-ignore
}

/** The name in TensorFlow's graph of a value of ONNX's; undefined: it is not there, or needs more than images. */
type Original = (value: string) => string | undefined;

function originals({ outputs }: Graph, part: Graph): Original {
  const known = new Set([...part.inputs, ...part.nodes].map(({ name }) => name));
  const renamed = new Map(outputs.map(({ name, value }) => [name, value]));
  return (value) => {
    const plain = renamed.get(value) ?? value.replace(/\/(NHWC|NCHW)$/, "");
    return known.has(nodeOf(plain)) ? plain : undefined;
  };
}

/** The constants that are weights in whole numbers; what is made of one for ONNX is called as it, and how. */
function weightsOf({ constants }: Graph, float: GraphProto, { weighted }: Int8Plan): ReadonlySet<string> {
  const taken = float.node
    .filter(({ name }) => weighted.has(name))
    .map(({ input: [, weights = ""] }) => weights);
  return new Set(taken.map((name) => (constants.has(name) ? name : name.replace(/\/[^/]*$/, ""))));
}
