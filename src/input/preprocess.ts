/** The whole way from a decoded image to a network's input, for training and for evaluation. */
import { tf } from "../tensorflow";
import { distortColor, distortedBoundingBoxCrop, splitSeed } from "./augment";
import {
  aspectPreservingResize,
  centralCrop,
  randomCrop,
  randomFlipLeftRight,
  subtractMeans,
  VGG_MEANS,
} from "./image";

/** Options of preprocessForEval(). */
export interface PreprocessOptions {
  /** Height and width of the result. @default 224 */
  readonly size?: number;
  /** The shorter side before the crop. @default 256, or as 256 is to 224 for another size */
  readonly resizeSide?: number;
  /** Taken away from the channels; [0, 0, 0] leaves 0…255. @default VGG_MEANS */
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
}

/**
 * An image as a network sees it in evaluation: resized, its middle, the means taken away.
 * @param image  [height, width, 3], any number type, 0…255
 * @returns      float32 [size, size, 3]
 * @see TF-Slim vgg_preprocessing.preprocess_for_eval
 */
export function preprocessForEval(image: tf.Tensor, options: PreprocessOptions = {}): tf.Tensor3D {
  const { size = 224, resizeSide = defaultSide(size), means = VGG_MEANS } = options;
  return tf.tidy(() => {
    const resized = aspectPreservingResize(image, resizeSide);
    return subtractMeans(centralCrop(resized, { height: size, width: size }), means);
  });
}

/**
 * An image as a network sees it in training: a random part of it, perhaps mirrored and recoloured, the means taken away.
 * @param image  [height, width, 3], any number type, 0…255
 * @returns      float32 [size, size, 3]
 * @see TF-Slim vgg_preprocessing and inception_preprocessing, preprocess_for_train
 */
export function preprocessForTrain(image: tf.Tensor, options: TrainPreprocessOptions): tf.Tensor3D {
  const { seed, crop = "resize", flip = true, color = false } = options;
  const { size = 224, resizeSide = defaultSide(size), means = VGG_MEANS } = options;
  const shape = { height: size, width: size };
  return tf.tidy(() => {
    const cropped =
      crop === "box"
        ? distortedBoundingBoxCrop(image, splitSeed(seed, 0), shape)
        : randomCrop(aspectPreservingResize(image, resizeSide), splitSeed(seed, 0), shape);
    const flipped = flip ? randomFlipLeftRight(cropped, splitSeed(seed, 1)) : cropped;
    return subtractMeans(color ? distortColor(flipped, splitSeed(seed, 2)) : flipped, means);
  });
}

function defaultSide(size: number): number {
  return Math.round((size * 256) / 224);
}
