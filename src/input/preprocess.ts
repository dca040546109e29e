/** The whole way from a decoded image to a network's input, for training and for evaluation. */
import { expectCentralFraction, expectInterpolation, tf, type Interpolation } from "../tensorflow";
import { distortColor, splitSeed } from "./augment";
import { cropBox } from "./box";
import { fitCentral, fitRandom } from "./fit";
import { drawFlip } from "./flip";
import { subtractMeans } from "./image";
import { augmentImage, expectAugment, type Augment } from "./presets";

/** Options of preprocessForEval(). */
export interface PreprocessOptions {
  /** Height and width of the result. @default 224 */
  readonly size?: number;
  /** The shorter side before the crop. @default 256, or as 256 is to 224 for another size */
  readonly resizeSide?: number;
  /**
   * How images are resized. For weights of torchvision, timm or Keras: "bilinear" or "bicubic", as model.photoSize has it, with which
   * longer sides and crops also begin where torchvision has them.
   * @default "slim"
   */
  readonly interpolation?: Interpolation;
  /**
   * The share of each side, 0.01 … 1, whose middle is squashed into the square in evaluation, whatever resizeSide is; model.photoSize has
   * it where the weights' source shows photos so.
   * @default none: images keep their proportions
   */
  readonly centralFraction?: number;
  /**
   * Taken away from the channels, e.g. VGG_MEANS as TF-Slim does it here; not before Model.preprocess(), which does it.
   * @default none: the pixels stay in 0…255
   */
  readonly means?: readonly number[];
}

/** Options of preprocessForTrain(). */
export interface TrainPreprocessOptions extends PreprocessOptions {
  /** int32 [2], another for each image: the same seed gives the same result. */
  readonly seed: tf.Tensor;
  /**
   * "resize": a random crop of the resized image, as TF-Slim's VGG preprocessing; "box": a box of random area and
   * proportions, as its Inception preprocessing.
   * @default "resize"
   */
  readonly crop?: "resize" | "box";
  /** Whether half of the images are mirrored. @default true */
  readonly flip?: boolean;
  /** Whether colours are changed. @default false */
  readonly color?: boolean;
  /** How much the part is changed otherwise: see augmentImage(). @default "none" */
  readonly augment?: Augment;
}

/**
 * An image as a network sees it in evaluation: resized, its middle, or that squashed into a square; the means stay for Model.preprocess() to take away.
 * @param image  [height, width, 3], any number type, 0…255
 * @returns      float32 [size, size, 3], 0…255 but for `means`
 * @throws {RangeError} if the size is larger than resizeSide, centralFraction not in 0.01 … 1, or there is no such interpolation
 * @see TF-Slim vgg_preprocessing.preprocess_for_eval, inception_preprocessing.preprocess_for_eval
 */
export function preprocessForEval(image: tf.Tensor, options: PreprocessOptions = {}): tf.Tensor3D {
  const { size: side = 224, resizeSide = defaultSide(side), interpolation = "slim" } = options;
  const { centralFraction, means } = options;
  const what = "preprocess image";
  expectInterpolation(what, interpolation);
  expectCentralFraction(what, centralFraction);
  const fit = { resizeSide, side, interpolation, centralFraction };
  return tf.tidy(() => withoutMeans(fitCentral(image, fit), means));
}

/**
 * An image as a network sees it in training: a random part of it, perhaps mirrored and recoloured; the means stay for
 * Model.preprocess() to take away.
 * @param image  [height, width, 3], any number type, 0…255
 * @returns      float32 [size, size, 3], 0…255 but for `means`
 * @throws {RangeError} if the size is larger than resizeSide, or there is no such augmentation or interpolation
 * @see TF-Slim vgg_preprocessing and inception_preprocessing, preprocess_for_train
 */
export function preprocessForTrain(image: tf.Tensor, options: TrainPreprocessOptions): tf.Tensor3D {
  const { seed, crop = "resize", flip = true, color = false, augment = "none" } = options;
  const { size = 224, resizeSide = defaultSide(size), interpolation = "slim", means } = options;
  expectAugment(augment);
  expectInterpolation("preprocess image", interpolation);
  return tf.tidy(() => {
    const drawn = splitSeed(seed, 0);
    const mirrored = flip ? drawFlip(splitSeed(seed, 1)) : undefined;
    const cropped =
      crop === "box"
        ? cropBox(image, { seed: drawn, mirrored }, { height: size, width: size, interpolation })
        : fitRandom(image, drawn, { resizeSide, side: size, interpolation }, mirrored);
    const colored = color ? distortColor(cropped, splitSeed(seed, 2)) : cropped;
    return withoutMeans(
      augment === "none" ? colored : augmentImage(colored, splitSeed(seed, 3), augment),
      means,
    );
  });
}

function withoutMeans(image: tf.Tensor3D, means: readonly number[] | undefined): tf.Tensor3D {
  return means === undefined ? image : subtractMeans(image, means);
}

function defaultSide(size: number): number {
  return Math.round((size * 256) / 224);
}
