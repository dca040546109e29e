/** What a Keras model's configuration says of the layers around a network, which have no weights to tell of them. */
import { normalizePixels, type Preprocessing } from "../model/normalization";
import { resolveOptions } from "../model/options";
import { tf } from "../tensorflow";
import { isRecord } from "./formats/json";
import { parsed } from "./formats/kerasparts";
import type { WeightsFile } from "./formats/weightsfile";
import type { WeightsMapping } from "./mappings/mapping";

/** A layer as a configuration has it. */
interface Layer {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** How it is called, in the form of the version that wrote it. */
  readonly calls: unknown;
}

/** A pixel's channels as a layer changes them. */
type Step = (pixel: number) => number;

/** Around a network these change nothing in inference, or are the end that networks have here. */
const USUAL =
  /^(InputLayer|Functional|Model|Sequential|Random\w+|GlobalAveragePooling2D|Flatten|Dropout|Dense|Activation|Softmax)$/;

/** A network pooled so, or by code of the file's own, is another one. */
const OTHERS = /^(GlobalMaxPooling2D|Lambda)$/;

/**
 * @param file  under the names of the network
 * @throws {RangeError} that names a layer by which a model's logits are others than the network's, or its pixels
 */
export function expectConfigured(file: WeightsFile, mapping: WeightsMapping): void {
  const { config, prefix } = file.metadata;
  if (mapping.source !== "keras" || config === undefined) return;
  const all = layersOf(parsed(`${file.path}: config`, config));
  const inner = all.find(({ options }) => `${String(options["name"])}/` === prefix);
  const around = all.flatMap((one) => (one === inner ? [] : [one, ...layersOf({ config: one.options })]));
  const steps: Step[] = [];
  for (const layer of around) {
    const step = inner === undefined ? undefined : stepOf(layer);
    if (step !== undefined) steps.push(step);
    else if (inner === undefined ? OTHERS.test(layer.kind) : !USUAL.test(layer.kind))
      throw new RangeError(
        `Cannot import "${file.path}": expected ${mapping.name}, its pixels' normalization and a last layer, got a layer "${String(layer.options["name"])}" of class ${layer.kind}`,
      );
  }
  if (inner === undefined || steps.length === 0) return;
  const isNormalizedInside = layersOf({ config: inner.options }).some(({ kind }) =>
    /^(Rescaling|Normalization)$/.test(kind),
  );
  expectPixels(file, mapping, steps, isNormalizedInside);
}

/** The side of the images that a Keras model is for, as its configuration says; undefined where it says none, or they are not square. */
export function configuredSide({ metadata, path }: WeightsFile): number | undefined {
  const { config } = metadata;
  if (config === undefined) return undefined;
  const input = layersOf(parsed(`${path}: config`, config)).find(({ kind }) => kind === "InputLayer");
  const shape: unknown = input?.options["batch_shape"] ?? input?.options["batch_input_shape"];
  const sides: readonly unknown[] = Array.isArray(shape) ? shape : [];
  const [, height, width] = sides;
  return typeof height === "number" && height === width ? height : undefined;
}

/** @throws {RangeError} if a model's steps make other pixels of 0 and 255 than the network is to get */
function expectPixels(
  { path }: WeightsFile,
  { name, architecture, source, options = {} }: WeightsMapping,
  steps: readonly Step[],
  isNormalizedInside: boolean,
): void {
  const { preprocessing } = resolveOptions({ architecture, source, ...options });
  const got = EXTREMES.map((pixel) => steps.reduce((value, step) => step(value), pixel));
  const expected = normalized(isNormalizedInside ? "none" : preprocessing);
  const isSame = expected.every((channels, i) =>
    channels.every((value) => Math.abs(value - (got[i] ?? NaN)) < TOLERANCE),
  );
  if (isSame) return;
  const range = (values: readonly unknown[]): string => values.join("…");
  throw new RangeError(
    `Cannot import "${path}": expected pixels of ${range(expected.map(([red]) => red))} for ${name}, got a model that makes ${range(got)} of 0…255`,
  );
}

const EXTREMES: readonly number[] = [0, 255];
const TOLERANCE = 1e-3;

/** Black and white as a network gets them. */
function normalized(preprocessing: Preprocessing): number[][] {
  return tf.tidy(() =>
    EXTREMES.map((pixel) => [
      ...normalizePixels(tf.tensor4d([pixel, pixel, pixel], [1, 1, 1, 3]), preprocessing).dataSync(),
    ]),
  );
}

/** How a layer changes pixels, if it is one of those that do: a Rescaling, or an operation with a number. */
function stepOf({ kind, options, calls }: Layer): Step | undefined {
  const { scale, offset = 0, function: operation = kind } = options;
  if (kind === "Rescaling" && typeof scale === "number" && typeof offset === "number")
    return (pixel) => pixel * scale + offset;
  const [number] = numbersIn(calls);
  if (number === undefined) return undefined;
  if (/^(TrueDivide|math\.truediv)$/.test(String(operation))) return (pixel) => pixel / number;
  if (/^(Subtract|math\.subtract)$/.test(String(operation))) return (pixel) => pixel - number;
  return undefined;
}

/** The numbers that an operation is called with: Keras 3 has them in the list `args`, Keras 2 as `y`. */
function numbersIn(calls: unknown): number[] {
  if (Array.isArray(calls)) return calls.flatMap((one: unknown) => numbersIn(one));
  if (!isRecord(calls)) return [];
  const { args, y } = calls;
  const given: readonly unknown[] = Array.isArray(args) ? args : [];
  return [y, ...given].filter((one) => typeof one === "number");
}

/** The layers of a model's configuration, in its order; none where it lists none. */
function layersOf(model: unknown): readonly Layer[] {
  const options = isRecord(model) ? model["config"] : undefined;
  const layers: unknown = isRecord(options) ? options["layers"] : undefined;
  return (Array.isArray(layers) ? layers : []).flatMap((layer: unknown) =>
    isRecord(layer) && isRecord(layer["config"])
      ? [{ kind: String(layer["class_name"]), options: layer["config"], calls: layer["inbound_nodes"] }]
      : [],
  );
}
