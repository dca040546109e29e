/** What a network is known by. */
import type { Network } from "../part";
import type { Preprocessing } from "../normalization";
import type { Interpolation } from "../../tensorflow";
import type { Strides } from "./blocks";

/**
 * Whose form a network has: TF-Slim's, torchvision's, timm's or keras.applications'. Paddings, strides, epsilon and what pixels are
 * normalized to follow from it, so that weights trained there give the logits that they give there.
 */
export type Source = (typeof SOURCES)[number];

/** All sources. */
export const SOURCES = ["slim", "torchvision", "timm", "keras"] as const;

/**
 * How photos are resized for a source's weights. Keras names none: its load_img() has Pillow's, of which this is one.
 * @see torchvision 0.28 transforms/_presets.py; timm 1.0.31 data/constants.py and models' default_cfgs
 */
const INTERPOLATION_OF: Readonly<Record<Source, Interpolation>> = {
  slim: "slim",
  torchvision: "bilinear",
  timm: "bicubic",
  keras: "bilinear",
};

/** Which form of a network is built. */
export interface NetworkForm {
  readonly source: Source;
  /** Of a ResNet. */
  readonly strides: Strides;
  /** Factor of all channel counts. */
  readonly width: number;
  /** Pixels of the image to one of the last activation. @default undefined: by strides alone */
  readonly outputStride?: number | undefined;
  /** The share that dropout layers keep in training. */
  readonly dropoutKeepProb: number;
  /** Outputs of the auxiliary classifiers; undefined: there are none. */
  readonly auxClasses?: number | undefined;
}

/** What follows from a network's source. */
export interface SourceTraits {
  readonly preprocessing: Preprocessing;
  /** Added to variances. */
  readonly batchNormEpsilon: number;
  /** Of a ResNet: where it strides. @default "slim" */
  readonly strides?: Strides;
  /** How photos are resized. @default the source's of INTERPOLATION_OF */
  readonly interpolation?: Interpolation;
  /** Side of the images that its weights were trained with, in pixels. @default the network's */
  readonly imageSize?: number;
  /** Shorter side of photos before that is cropped, for the weights that it takes by default. @default 8/7 of imageSize */
  readonly resizeSide?: number;
  /** The share of each side of photos that is squeezed into a square. @default none: they keep their proportions */
  readonly centralFraction?: number;
}

/**
 * How TF-Slim shows photos to its Inceptions and MobileNets.
 * @see TF-Slim's models/research/slim/preprocessing/preprocessing_factory.py; inception_preprocessing.py, preprocess_for_eval()
 */
export const SQUASHED = { centralFraction: 0.875 } as const satisfies Partial<SourceTraits>;

/** A network: how it is built, and what it is trained with. */
export interface NetworkSpec {
  /** Side of the images that it was published with, in pixels. */
  readonly imageSize: number;
  /** Whose forms it can have; the first is the default. */
  readonly sources: Readonly<Partial<Record<Source, SourceTraits>>>;
  /** Weight decay of its convolutional weights. @see its arg_scope in TF-Slim, or its paper */
  readonly weightDecay: number;
  /** Decay of its moving statistics. */
  readonly batchNormDecay: number;
  /** The share that its dropout layers keep in training; 1: it has none. */
  readonly dropoutKeepProb: number;
  /** Whether it has auxiliary classifiers. @default false */
  readonly hasAuxLogits?: boolean;
  /** Whether strides may be given. @default false */
  readonly hasStrides?: boolean;
  /** Whether outputStride may be given. @default false */
  readonly hasOutputStride?: boolean;
  /**
   * The network without its logits: it gives float32 [batch, 1, 1, features].
   * @throws {RangeError} if a part of the form is none it can have
   */
  build(form: NetworkForm): Network;
}

/** The sources of a network, the default first. */
export function sourcesOf({ sources }: NetworkSpec): readonly Source[] {
  return Object.keys(sources).flatMap((name) => SOURCES.filter((source) => source === name));
}

/** How photos are resized for the weights that a network takes of a source by default. */
export function interpolationOf({ sources }: NetworkSpec, source: Source): Interpolation {
  return sources[source]?.interpolation ?? INTERPOLATION_OF[source];
}

/**
 * Shorter side of photos before a square of `side` is cropped, in pixels: as much larger as the source has it for torchvision's
 * first weights, and for those that timm takes by default. Keras says nothing of it: 8/7, as TF-Slim's vgg_preprocessing.py.
 */
export function resizeSideOf({ sources, imageSize }: NetworkSpec, source: Source, side: number): number {
  const { imageSize: crop = imageSize, resizeSide } = sources[source] ?? {};
  return Math.round(resizeSide === undefined ? (side * 8) / 7 : (side * resizeSide) / crop);
}
