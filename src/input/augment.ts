/** Random changes that leave an image's class as it is. */
import {
  adjustContrast,
  adjustHue,
  adjustSaturation,
  random,
  type RandomBoxOptions,
  tf,
} from "../tensorflow";
import { cropBox } from "./box";
import type { CropOptions } from "./image";

/** Options of distortedBoundingBoxCrop(). */
export interface DistortedCropOptions extends CropOptions, RandomBoxOptions {}

/**
 * A part of an image of random place, area and proportions, resized to one size.
 * @param image  [height, width, channels], any number type
 * @param seed   int32 [2]
 * @returns      float32 [224, 224, channels] by default
 * @see TF-Slim inception_preprocessing.distorted_bounding_box_crop; Szegedy et al. 2014 (arXiv 1409.4842) §6
 */
export function distortedBoundingBoxCrop(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: DistortedCropOptions = {},
): tf.Tensor3D {
  const { height = 224, width = 224, ...box } = options;
  return cropBox(image, { seed }, { height, width, ...box });
}

type Change = "brightness" | "saturation" | "hue" | "contrast";

/** The orders of the four changes, which TF-Slim gives to its input threads. */
const ORDERS: Readonly<Record<0 | 1 | 2 | 3, readonly Change[]>> = [
  ["brightness", "saturation", "hue", "contrast"],
  ["saturation", "brightness", "contrast", "hue"],
  ["contrast", "hue", "brightness", "saturation"],
  ["hue", "saturation", "contrast", "brightness"],
];

/** Options of distortColor(); each default is TF-Slim's. */
export interface DistortColorOptions {
  /** Brightness changes by up to so much, of 255. @default 32 */
  readonly brightness?: number;
  /** Saturation changes by a factor of 1 ± so much. @default 0.5 */
  readonly saturation?: number;
  /** Hue turns by up to so much of the colour wheel. @default 0.2 */
  readonly hue?: number;
  /** Contrast changes by a factor of 1 ± so much. @default 0.5 */
  readonly contrast?: number;
  /** Which of the four orders of the changes. @default 0 */
  readonly order?: 0 | 1 | 2 | 3;
}

/**
 * An image in randomly changed colours.
 * @param image  float32 [height, width, 3], 0…255
 * @param seed   int32 [2]
 * @returns      float32 [height, width, 3], clipped to 0…255
 * @see TF-Slim inception_preprocessing.distort_color, there for 0…1
 */
export function distortColor(
  image: tf.Tensor3D,
  seed: tf.Tensor,
  options: DistortColorOptions = {},
): tf.Tensor3D {
  const { brightness = 32, saturation = 0.5, hue = 0.2, contrast = 0.5, order = 0 } = options;
  return tf.tidy(() => {
    const amount = (number: number, middle: number, most: number): tf.Tensor =>
      random.uniform([], splitSeed(seed, number), middle - most, middle + most);
    const changes: Record<Change, (x: tf.Tensor3D) => tf.Tensor3D> = {
      brightness: (x) => x.add<tf.Tensor3D>(amount(0, 0, brightness)),
      saturation: (x) => adjustSaturation(x, amount(1, 1, saturation)),
      hue: (x) => adjustHue(x, amount(2, 0, hue)),
      contrast: (x) => adjustContrast(x, amount(3, 1, contrast)),
    };
    const changed = ORDERS[order].reduce((x, change) => changes[change](x), image);
    return tf.clipByValue(changed, 0, 255);
  });
}

/** 2^32 / golden ratio, odd: its multiples are far from each other. */
const STRIDE = 0x9e3779b9;

/**
 * One of several seeds made of one, for steps that must not draw the same numbers.
 * @param seed    int32 [2]
 * @param number  which one
 * @returns       int32 [2]
 */
export function splitSeed(seed: tf.Tensor, number: number): tf.Tensor {
  return tf.tidy(() =>
    seed.add(tf.tensor1d([Math.imul(number, STRIDE), Math.imul(number + 1, STRIDE)], "int32")),
  );
}
