/** What classifier.json says of the weights beside it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../input/errorcode";
import type { PhotoSize } from "../model/preprocessing";
import type { ModelOptions } from "../model";
import { expectArchitecture } from "../model/networks";
import { STRIDES } from "../model/networks/blocks";
import { SOURCES } from "../model/networks/network";
import { PREPROCESSINGS } from "../model/normalization";
import { PIXELS } from "../model/pixels";
import { INTERPOLATIONS, type Interpolation } from "../tensorflow";
import type { EpochResult } from "../training";
import { Fields } from "./fields";

/** The file of a classifier's folder that says what it is. */
export const DESCRIPTION_FILE = "classifier.json";

/** What the file is of. */
const FORMAT = "slimlab classifier";

/**
 * The version of the format: greater where an older reader would go wrong. Of the first, photos are all resized as TF-Slim does; of the
 * second, they all keep their proportions.
 */
const VERSION = 3;

/** How a classifier was trained. */
export interface Trained {
  /** Epoch by epoch. */
  readonly epochs: readonly EpochResult[];
  /** The epoch whose weights it has; undefined where none was chosen. */
  readonly bestEpoch?: number | undefined;
}

/** What is known of a classifier beside its weights. */
export interface Description {
  /** All options but isTraining. */
  readonly model: ModelOptions;
  /** In the order of the network's outputs. */
  readonly classNames: readonly string[];
  readonly preprocessing: PhotoSize;
  /** Above which probability a class is predicted, of a multiLabel model: one for all, or one for each. */
  readonly threshold: number | readonly number[];
  /** Updates that the model had behind it. */
  readonly globalStep: number;
  /** How it was trained; undefined where that was not told. */
  readonly trained: Trained | undefined;
  /** How good it is, by name; none where that was not told. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly notes: string | undefined;
  /** When it was saved, as ISO 8601. */
  readonly saved: string;
}

/** A description, and which weights it is of. */
export interface Described extends Description {
  /** Name of the checkpoint beside it. */
  readonly checkpoint: string;
}

/** The text of classifier.json. */
export function descriptionText(described: Described): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, ...described }, null, 1)}\n`;
}

/**
 * Reads a folder's classifier.json.
 * @returns undefined if the folder has none
 * @throws {Error} that quotes the file, if it is damaged, or of a version that is not known here
 */
export function readDescription(dir: string): Described | undefined {
  const file = join(dir, DESCRIPTION_FILE);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw error;
  }
  const refuse = (expected: string, got: unknown): Error =>
    new Error(`Cannot load "${file}": expected ${expected}, got ${shortOf(got)}`);
  const fields = new Fields(parsed(text, refuse), refuse);
  if (!fields.has("format") || fields.text("format") !== FORMAT)
    throw refuse(`a format "${FORMAT}"`, fields.has("format") ? fields.text("format") : undefined);
  const version = fields.number("version");
  if (![1, 2, VERSION].includes(version))
    throw refuse(`format version 1 to ${VERSION}`, `${version}, as another version of slimlab writes it`);
  return describedOf(fields, refuse);
}

function parsed(text: string, refuse: (expected: string, got: unknown) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse("what saveClassifier() writes", `${text.length} characters that are no JSON`);
  }
}

function shortOf(value: unknown): string {
  if (value === undefined) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function describedOf(fields: Fields, refuse: (expected: string, got: unknown) => Error): Described {
  const preprocessing = fields.object("preprocessing");
  const checkpoint = fields.text("checkpoint");
  if (/[/\\]/.test(checkpoint)) throw refuse("a checkpoint beside it", checkpoint);
  return {
    model: modelOf(fields.object("model")),
    classNames: fields.texts("classNames"),
    preprocessing: {
      resizeSide: preprocessing.number("resizeSide"),
      size: preprocessing.number("size"),
      interpolation: interpolationOf(preprocessing),
      ...centralFractionOf(preprocessing),
    },
    threshold: fields.numberOrNumbers("threshold"),
    globalStep: fields.number("globalStep"),
    trained: fields.has("trained") ? trainedOf(fields.object("trained")) : undefined,
    metrics: fields.object("metrics").allNumbers(),
    notes: fields.has("notes") ? fields.text("notes") : undefined,
    saved: fields.text("saved"),
    checkpoint,
  };
}

/** Whether each is what it may be is for Model to say. */
function modelOf(fields: Fields): ModelOptions {
  const optional = (key: string): number[] | undefined => (fields.has(key) ? fields.numbers(key) : undefined);
  return {
    architecture: expectArchitecture(fields.text("architecture")),
    ...laterOf(fields),
    interpolation: interpolationOf(fields),
    ...centralFractionOf(fields),
    strides: fields.oneOf("strides", STRIDES),
    width: fields.number("width"),
    outputStride: fields.has("outputStride") ? fields.number("outputStride") : undefined,
    numClasses: fields.number("numClasses"),
    multiLabel: fields.flag("multiLabel"),
    fixedResizeSide: fields.number("fixedResizeSide"),
    defaultImageSize: fields.number("defaultImageSize"),
    pixels: fields.oneOf("pixels", PIXELS),
    seed: fields.number("seed"),
    weightDecay: fields.number("weightDecay"),
    batchNormDecay: fields.number("batchNormDecay"),
    batchNormEpsilon: fields.number("batchNormEpsilon"),
    labelSmoothing: fields.number("labelSmoothing"),
    focalGamma: fields.number("focalGamma"),
    classWeights: optional("classWeights"),
    positiveWeights: optional("positiveWeights"),
  };
}

/** TF-Slim's in classifiers of before. */
function interpolationOf(fields: Fields): Interpolation {
  return fields.has("interpolation") ? fields.oneOf("interpolation", INTERPOLATIONS) : "slim";
}

function centralFractionOf(fields: Fields): { readonly centralFraction?: number } {
  return fields.has("centralFraction") ? { centralFraction: fields.number("centralFraction") } : {};
}

/** Those that classifiers of before do not have; they were ResNets of VGG's pixels, and Model's other defaults are what they were then. */
function laterOf(
  fields: Fields,
): Pick<ModelOptions, "source" | "preprocessing" | "dropoutKeepProb" | "createAuxLogits"> {
  return {
    ...(fields.has("source") && { source: fields.oneOf("source", SOURCES) }),
    preprocessing: fields.has("preprocessing") ? fields.oneOf("preprocessing", PREPROCESSINGS) : "vgg",
    ...(fields.has("dropoutKeepProb") && { dropoutKeepProb: fields.number("dropoutKeepProb") }),
    ...(fields.has("createAuxLogits") && { createAuxLogits: fields.flag("createAuxLogits") }),
  };
}

function trainedOf(fields: Fields): Trained {
  const epochs = fields.objects("epochs").map((epoch): EpochResult => {
    const optional = (key: "validationLoss" | "validationAccuracy"): object =>
      epoch.has(key) ? { [key]: epoch.number(key) } : {};
    return {
      epoch: epoch.number("epoch"),
      globalStep: epoch.number("globalStep"),
      trainLoss: epoch.number("trainLoss"),
      trainAccuracy: epoch.number("trainAccuracy"),
      ...optional("validationLoss"),
      ...optional("validationAccuracy"),
      ...(epoch.has("metrics") && { metrics: epoch.object("metrics").allNumbers() }),
      learningRate: epoch.number("learningRate"),
      seconds: epoch.number("seconds"),
      imagesPerSecond: epoch.number("imagesPerSecond"),
    };
  });
  return { epochs, bestEpoch: fields.has("bestEpoch") ? fields.number("bestEpoch") : undefined };
}
