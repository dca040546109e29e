/** What a file of ONNX's tells of the classifier in it. */
import type { Model } from "../../model";
import { NAMES, type ClassifierGraphOptions } from "../classifiergraph";

/** What belongs to a classifier beside its network. */
export interface ClassifierFacts {
  /** In the order of the network's outputs. @default none */
  readonly classNames?: readonly string[];
  /** Above which probability a class is predicted, of a multiLabel model. @default not told */
  readonly threshold?: number | readonly number[];
  /** Pixels of a photo's shorter side, before its middle is cropped to the size that the network receives. @default not told */
  readonly resizeSide?: number;
}

/** What is told beside a graph. */
export interface OnnxFacts {
  /** By the name of an input or output: what it is. */
  readonly docs: Readonly<Record<string, string>>;
  /** By name; all but words as JSON. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Tells a classifier's facts: in words of inputs and outputs, for programs as metadata. */
export function describeClassifier(
  { options }: Model,
  { receive = "images", size = options.defaultImageSize, ...facts }: ClassifierFacts & ClassifierGraphOptions,
): OnnxFacts {
  const { classNames, threshold, resizeSide } = facts;
  const given = { classNames, threshold, photoSize: resizeSide === undefined ? undefined : { resizeSide, size } }; // prettier-ignore
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const isOf = classNames === undefined ? "of each class" : `of each class: ${classNames.join(", ")}`;
  return {
    docs: {
      [NAMES.images]: receive === "images" ? "Pixels, red, green, blue, each 0 to 255" : "Images as the network takes them, their pixels already scaled", // prettier-ignore
      [NAMES.classes]: "The number of the class that each image's heat map is of",
      [NAMES.logits]: `The logit ${isOf}`,
      [NAMES.probabilities]: `The probability ${isOf}`,
      [NAMES.heat]: "Where the class is seen in the image, 0 to 1",
    },
    metadata: {
      architecture: options.architecture,
      receive,
      ...Object.fromEntries(known.map(([key, value]) => [key, JSON.stringify(value)])),
    },
  };
}
