/** What a model is made of. */
import type { Architecture, Strides } from "./blocks";
import { expectLossOptions, type SigmoidLossOptions, type SoftmaxLossOptions } from "./losses";
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
  /** Shorter side of a photograph before it is cropped, in pixels. @default 256 */
  readonly fixedResizeSide?: number;
  /** Side of the network's input, in pixels. @default 224 */
  readonly defaultImageSize?: number;
  /**
   * What preprocess() takes: with "0-255" it refuses images that were normalized before; a compiled step, evaluation or function
   * looks at the first batch of each shape. @default "0-255"
   */
  readonly pixels?: Pixels;
  /** @default "resnet_v1_50" */
  readonly architecture?: Architecture;
  /** Where the network strides; the weights decide. @default "slim" */
  readonly strides?: Strides;
  /** Factor of all channel counts: less than 1 for a thin network. @default 1 */
  readonly width?: number;
  /** Pixels of the image to one of the last activation. @default undefined: 32 */
  readonly outputStride?: number | undefined;
  /** Seed of the variables' first values, a whole number. @default 0 */
  readonly seed?: number;
  /** Weight decay of convolutional weights, 0 or more. @default 1e-4 (TF-Slim resnet_arg_scope) */
  readonly weightDecay?: number;
  /** Decay of the moving statistics: 0 … 1, but 1, with which they never move. @default 0.997 (TF-Slim resnet_arg_scope) */
  readonly batchNormDecay?: number;
  /** Added to variances. @default 1e-5 (TF-Slim resnet_arg_scope) */
  readonly batchNormEpsilon?: number;
}

/** Options of a model with all defaults. */
export type ResolvedOptions = Required<
  Omit<ModelOptions, "outputStride" | "classWeights" | "positiveWeights">
> &
  Pick<ModelOptions, "outputStride" | "classWeights" | "positiveWeights">;

/** @throws {RangeError} that names the first option that is none it may be */
export function expectOptions(options: ResolvedOptions): void {
  const { numClasses, fixedResizeSide, defaultImageSize, seed, ...rates } = options;
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
