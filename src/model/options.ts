/** What a model is made of. */
import { specOf, type Architecture } from "./networks";
import { STRIDES, type Strides } from "./networks/blocks";
import { interpolationOf, resizeSideOf, sourcesOf, type NetworkSpec, type Source } from "./networks/network";
import { expectLossOptions, type SigmoidLossOptions, type SoftmaxLossOptions } from "./losses";
import { PREPROCESSINGS, type Preprocessing } from "./normalization";
import { expectCentralFraction, INTERPOLATIONS, type Interpolation } from "../tensorflow";
import { PIXELS, type Pixels } from "./pixels";

/** Options of Model. */
export interface ModelOptions extends SoftmaxLossOptions, Pick<SigmoidLossOptions, "positiveWeights"> {
  /** Whether batch normalization uses the batch's moments and photographs are cropped at random. @default false */
  readonly isTraining?: boolean;
  /**
   * Whether an image may have several classes, or none: probabilities are then each class's own, by the sigmoid, the loss is
   * sigmoidCrossEntropy(), accuracy is over all images and classes, at probabilities of 1/2, and labels are float32 [batch, classes],
   * 1 for each class that an image has, as createInputFn() gives them with multiLabel, or int32 [batch] where all have one.
   * multiLabelMetrics() measures it.
   * @default false
   */
  readonly multiLabel?: boolean;
  /** 2 or more: the probability of one class alone is always 1, unless multiLabel. @default 2 */
  readonly numClasses?: number;
  /** Shorter side of a photograph before it is cropped, in pixels. @default the source's share of defaultImageSize, mostly 8/7: 256 for 224 */
  readonly fixedResizeSide?: number;
  /**
   * The middle of photographs, as a share of each side, 0.01 … 1, that is squeezed into the network's square in evaluation, where others
   * keep their proportions: as TF-Slim shows them to its Inceptions, MobileNets and second ResNets, and timm where it says crop_mode
   * "squash".
   * Training crops as ever.
   * @default the source's: 0.875 of TF-Slim's Inceptions, MobileNets and second ResNets; with a fixedResizeSide given undefined, as of all others
   */
  readonly centralFraction?: number | undefined;
  /** Side of the network's input, in pixels. @default what the source's weights were trained with, 224 or 299 mostly */
  readonly defaultImageSize?: number;
  /**
   * What preprocess() takes: with "0-255" it refuses images that were normalized before; a compiled step, evaluation or function
   * looks at the first batch of each shape. @default "0-255"
   */
  readonly pixels?: Pixels;
  /** One of networks(). @default "resnet_v1_50" */
  readonly architecture?: Architecture;
  /**
   * Whose form the network has, as the weights were trained with: paddings, strides, epsilon and the pixels' normalization follow
   * from it. importWeights("auto", file) chooses it.
   * @default the first that networks() lists for it, "slim" for TF-Slim's
   */
  readonly source?: Source;
  /** How photos are resized: as the weights' source does it. @default the source's, "slim" for TF-Slim's */
  readonly interpolation?: Interpolation;
  /** What preprocess() makes of pixels. @default the source's */
  readonly preprocessing?: Preprocessing;
  /** Where a ResNet strides; the weights decide. @default the source's */
  readonly strides?: Strides;
  /** Factor of all channel counts: less than 1 for a thin network. @default 1 */
  readonly width?: number;
  /** Pixels of the image to one of the last activation. @default undefined: 32 */
  readonly outputStride?: number | undefined;
  /** Seed of the variables' first values, a whole number. @default 0 */
  readonly seed?: number;
  /** The share that dropout layers keep in training: 0 … 1, but not 0. @default the network's, as in TF-Slim; 1 where it has none */
  readonly dropoutKeepProb?: number;
  /**
   * Whether an Inception v3, v4 or Inception-ResNet v2 has its auxiliary classifier too, for images of 107 pixels or more: in training
   * its cross-entropy counts 0.4 in the loss, as in TF-Slim's train_image_classifier.py. Its kernel has the size of what is left of
   * images of defaultImageSize.
   * @default false
   */
  readonly createAuxLogits?: boolean;
  /** Weight decay of convolutional weights, 0 or more. @default the network's: 1e-4 of ResNets (TF-Slim resnet_arg_scope) */
  readonly weightDecay?: number;
  /** Decay of the moving statistics: 0 … 1, but 1, with which they never move. @default the network's: 0.997 of ResNets (TF-Slim resnet_arg_scope) */
  readonly batchNormDecay?: number;
  /** Added to variances. @default the source's: 1e-5 of ResNets (TF-Slim resnet_arg_scope) */
  readonly batchNormEpsilon?: number;
}

/** Options of a model with all defaults. */
export type ResolvedOptions = Required<Omit<ModelOptions, Open>> & Pick<ModelOptions, Open>;

/** Those that may stay undefined. */
type Open = "centralFraction" | "outputStride" | "classWeights" | "positiveWeights";

/**
 * The options with all defaults, of which many are the network's.
 * @throws {RangeError} that names the first option that is none it may be
 */
export function resolveOptions(options: ModelOptions): ResolvedOptions {
  const { architecture = "resnet_v1_50", isTraining = false, numClasses = 2 } = options;
  const spec = specOf(architecture);
  const source = expectSource(architecture, spec, options.source);
  const traits = spec.sources[source];
  const { defaultImageSize = traits?.imageSize ?? spec.imageSize } = options;
  const { fixedResizeSide = resizeSideOf(spec, source, defaultImageSize) } = options;
  const { centralFraction = options.fixedResizeSide === undefined ? traits?.centralFraction : undefined } =
    options;
  const { strides = traits?.strides ?? "slim", width = 1, outputStride } = options;
  const { labelSmoothing = 0, classWeights, focalGamma = 0, multiLabel = false, positiveWeights } = options;
  const { preprocessing = traits?.preprocessing ?? "none", createAuxLogits = false } = options;
  const { interpolation = interpolationOf(spec, source), pixels = "0-255", seed = 0 } = options;
  const { weightDecay, batchNormDecay, dropoutKeepProb } = { ...spec, ...givenOf(options) };
  const { batchNormEpsilon = traits?.batchNormEpsilon ?? NaN } = options;
  const resolved = {
    ...{
      isTraining,
      numClasses,
      fixedResizeSide,
      defaultImageSize,
      centralFraction,
      interpolation,
      pixels,
      preprocessing,
      seed,
    },
    ...{ architecture, source, strides, width, outputStride, dropoutKeepProb, createAuxLogits },
    ...{ labelSmoothing, classWeights, focalGamma, multiLabel, positiveWeights },
    ...{ weightDecay, batchNormDecay, batchNormEpsilon },
  };
  expectOptions(resolved, spec);
  return resolved;
}

/** Those of a network's numbers that are given. */
function givenOf(options: ModelOptions): Partial<ModelOptions> {
  const { weightDecay, batchNormDecay, dropoutKeepProb } = options;
  return {
    ...(weightDecay !== undefined && { weightDecay }),
    ...(batchNormDecay !== undefined && { batchNormDecay }),
    ...(dropoutKeepProb !== undefined && { dropoutKeepProb }),
  };
}

function expectSource(architecture: string, spec: NetworkSpec, given: Source | undefined): Source {
  const known = sourcesOf(spec);
  const source = known.find((one) => given === undefined || one === given);
  if (source !== undefined) return source;
  throw new RangeError(
    `Cannot create model: expected source of ${architecture} to be ${known.join(", ")}, got ${String(given)}`,
  );
}

function expectOptions(options: ResolvedOptions, spec: NetworkSpec): void {
  const { numClasses, fixedResizeSide, defaultImageSize, centralFraction = 1, seed, ...rates } = options;
  const { weightDecay, batchNormDecay, batchNormEpsilon } = rates;
  const expect = (key: keyof ModelOptions, expected: string, isRight: boolean): void => {
    if (isRight) return;
    throw new RangeError(
      `Cannot create model: expected ${key} to be ${expected}, got ${String(options[key])}`,
    );
  };
  const one = numClasses === 1 ? " (the probability of one class alone is always 1)" : "";
  if (options.multiLabel)
    expect("numClasses", "a whole number > 0", Number.isInteger(numClasses) && numClasses > 0);
  else expect("numClasses", `a whole number > 1${one}`, Number.isInteger(numClasses) && numClasses > 1);
  for (const [key, side] of [
    ["fixedResizeSide", fixedResizeSide],
    ["defaultImageSize", defaultImageSize],
  ] as const)
    // prettier-ignore
    expect(key, "a whole number > 0", Number.isInteger(side) && side > 0);
  expectCentralFraction("create model", centralFraction);
  expectForm(options, spec, expect);
  expect("interpolation", INTERPOLATIONS.join(", "), INTERPOLATIONS.includes(options.interpolation));
  expect("pixels", '"0-255" or "any"', PIXELS.includes(options.pixels));
  expect("seed", "a whole number", Number.isSafeInteger(seed));
  expect("weightDecay", "0 or more", weightDecay >= 0 && weightDecay < Infinity);
  expect("batchNormDecay", "in 0 … 1, but not 1", batchNormDecay >= 0 && batchNormDecay < 1);
  expect("batchNormEpsilon", "0 or more", batchNormEpsilon >= 0 && batchNormEpsilon < Infinity);
  expectLossOptions(options, numClasses, "create model");
  if (options.positiveWeights !== undefined && !options.multiLabel)
    throw new RangeError(
      "Cannot create model: expected positiveWeights with multiLabel: true, got them without",
    );
}

/** What can be said of a network's form before it is built. */
function expectForm(
  { preprocessing, strides, width, dropoutKeepProb, createAuxLogits, outputStride }: ResolvedOptions,
  { hasAuxLogits = false, hasStrides = false, hasOutputStride = false, ...spec }: NetworkSpec,
  expect: (key: keyof ModelOptions, expected: string, isRight: boolean) => void,
): void {
  expect("preprocessing", PREPROCESSINGS.join(", "), PREPROCESSINGS.includes(preprocessing));
  expect("strides", STRIDES.join(", "), STRIDES.includes(strides));
  expect("strides", '"slim" of this network, which is no ResNet', hasStrides || strides === "slim");
  expect("width", "above 0", width > 0 && width < Infinity);
  expect("dropoutKeepProb", "in 0 … 1, but not 0", dropoutKeepProb > 0 && dropoutKeepProb <= 1);
  const isDropping = spec.dropoutKeepProb < 1;
  expect("dropoutKeepProb", "1 of this network, which drops nothing", isDropping || dropoutKeepProb === 1);
  expect("createAuxLogits", "false of this network", hasAuxLogits || !createAuxLogits);
  expect("outputStride", "undefined of this network", hasOutputStride || outputStride === undefined);
}
