/** What a file of ONNX's tells of the classifier in it. */
import type { Model } from "../../model";
import type { PhotoSize } from "../../model/preprocessing";
import { expectDistinctNames, expectThreshold, photoSizeOf } from "../expected";
import { NAMES, type ClassifierGraphOptions } from "../classifiergraph";

/** What belongs to a classifier beside its network. */
export interface ClassifierFacts {
  /** In the order of the network's outputs. @default none */
  readonly classNames?: readonly string[];
  /** Above which probability a class is predicted, of a multiLabel model. @default not told */
  readonly threshold?: number | readonly number[];
  /** How a photo of any size gets to the network. @default the model's photoSize */
  readonly photo?: Partial<PhotoSize>;
}

/** What is told beside a graph. */
export interface OnnxFacts {
  /** By the name of an input or output: what it is. */
  readonly docs: Readonly<Record<string, string>>;
  /** By name; all but words as JSON. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Tells a classifier's facts: in words of inputs and outputs, for programs as metadata.
 * @throws {RangeError} if an option is none that it may be
 * @throws {Error} if the model is disposed
 */
export function describeClassifier(
  model: Model,
  { receive = "images", classNames, threshold, photo }: ClassifierFacts & ClassifierGraphOptions,
): OnnxFacts {
  const what = "export to ONNX";
  const { architecture, multiLabel } = model.options;
  model.variables.expectAll(what);
  if (classNames !== undefined) expectDistinctNames(what, classNames, model);
  if (threshold !== undefined) expectThreshold(what, threshold, model);
  const sizes = photoSizeOf(what, model, photo);
  const given = { classNames, multiLabel, threshold, photo: sizes };
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const isOf = classNames === undefined ? "of each class" : `of each class: ${classNames.join(", ")}`;
  return {
    docs: {
      [NAMES.images]: `${RECEIVED[receive]}, of photos ${inWords(sizes)}`,
      [NAMES.classes]: "The number of the class that each image's heat map is of",
      [NAMES.logits]: `The logit ${isOf}`,
      [NAMES.probabilities]: `The probability ${isOf}`,
      [NAMES.heat]: "Where the class is seen in the image, 0 to 1",
    },
    metadata: {
      architecture,
      receive,
      ...Object.fromEntries(known.map(([key, value]) => [key, JSON.stringify(value)])),
    },
  };
}

const RECEIVED = {
  images: "Pixels, red, green, blue, each 0 to 255",
  preprocessed: "Images as the network takes them, their pixels already scaled",
} as const;

/** What a client does with a photo. */
function inWords({ resizeSide, size, interpolation, centralFraction }: PhotoSize): string {
  const how =
    interpolation === "slim"
      ? "bilinear interpolation without antialiasing, as TensorFlow's resize_bilinear does it (Pillow's antialiases)"
      : `antialiased ${interpolation} interpolation, as Pillow and torchvision do it`;
  const square = `${size} x ${size}`;
  if (centralFraction === 1) return `resized to ${square}, whatever their proportions, by ${how}`;
  if (centralFraction !== undefined && interpolation === "slim")
    return `of which the middle, ${centralFraction} of each side, was cut out and resized to ${square}, whatever its proportions, by ${how}`;
  if (centralFraction !== undefined) {
    const whole = Math.floor(size / centralFraction);
    return `resized to ${whole} x ${whole}, whatever their proportions, by ${how}, and of which the middle, ${square}, was cut out`;
  }
  return `whose shorter side was resized to ${resizeSide} by ${how}, and of which the middle, ${square}, was cut out`;
}
