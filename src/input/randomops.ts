/** Changes by random amounts, and the ready-made mixtures of them. */
import { castTo, random, tf, type SamplingOptions } from "../tensorflow";
import { expectColor, expectKernelSize, expectNumbers, expectRanges, type Range } from "./amounts";
import { splitSeed } from "./augment";
import { sidesOf } from "./sides";
import { VGG_MEANS } from "./image";
import {
  affine,
  change,
  changeIf,
  erase,
  gaussianBlur,
  withChanges,
  type Amount,
  type Changes,
  type Corners,
} from "./imageops";

/** With what chance an image is changed at all. */
interface Chance {
  /** 0…1 */
  readonly probability?: number;
}

/** Options of randomRotation(). */
export interface RandomRotationOptions extends SamplingOptions {
  /** The greatest angle to either side, in degrees. @default 10 */
  readonly degrees?: number;
}

/**
 * A photo turned around its middle.
 * @param image  [height, width, 3], uint8, int32 or float32, 0…255, rounded to whole numbers
 * @param seed   int32 [2], another for each image: the same seed gives the same result
 * @returns      float32 [height, width, 3], whole numbers 0…255; "bilinear" by default
 * @see torchvision 0.28 v2.RandomRotation
 */
export function randomRotation(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: RandomRotationOptions = {},
): tf.Tensor3D {
  const { degrees = 10 } = options;
  expectNumbers({ degrees }, 0, Infinity);
  return withChanges(image, () => [change("rotate", [between([-degrees, degrees], seed)])], smooth(options));
}

/** Options of randomAffine(). */
export interface RandomAffineOptions extends SamplingOptions {
  /** The greatest angle to either side, in degrees. @default 10 */
  readonly degrees?: number;
  /** The greatest way in each direction, as shares of the width and of the height. @default [0.1, 0.1] */
  readonly translate?: Range;
  /** @default [0.9, 1.1] */
  readonly scale?: Range;
  /** The greatest shear along x to either side, in degrees. @default 0 */
  readonly shear?: number;
}

/** A photo turned, moved, scaled and sheared. See randomRotation(). @see torchvision 0.28 v2.RandomAffine */
export function randomAffine(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: RandomAffineOptions = {},
): tf.Tensor3D {
  const { degrees = 10, translate = [0.1, 0.1], scale = [0.9, 1.1], shear = 0 } = options;
  expectNumbers({ degrees, shear, "translate[0]": translate[0], "translate[1]": translate[1] }, 0, Infinity);
  expectRanges({ scale }, Number.MIN_VALUE, Infinity);
  return withChanges(
    image,
    () => {
      const drawn = random.uniform([5], seed);
      const at = (i: number, range: Range): tf.Tensor => scaled(drawn, i, range);
      const [height, width] = floatSides(image);
      const way = (i: number, most: number, side: tf.Tensor): tf.Tensor =>
        at(i, [-most, most]).mul(side).round();
      return [
        affine({
          angle: at(0, [-degrees, degrees]),
          translate: [way(1, translate[0], width), way(2, translate[1], height)],
          scale: at(3, scale),
          shear: [at(4, [-shear, shear]), 0],
        }),
      ];
    },
    smooth(options),
  );
}

/** Options of randomPerspective(). */
export interface RandomPerspectiveOptions extends SamplingOptions, Chance {
  /** How far, of half a side, corners come inwards at most. @default 0.5 */
  readonly distortionScale?: number;
  /** @default 0.5 */
  readonly probability?: number;
}

/** A photo as seen from another side. See randomRotation(). @see torchvision 0.28 v2.RandomPerspective */
export function randomPerspective(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: RandomPerspectiveOptions = {},
): tf.Tensor3D {
  const { distortionScale = 0.5, probability = 0.5 } = options;
  expectNumbers({ distortionScale, probability }, 0, 1);
  return withChanges(
    image,
    () => {
      const drawn = random.uniform([9], seed);
      const [height, width] = floatSides(image);
      const inwards = (i: number, side: tf.Tensor): tf.Tensor => {
        const places = side.div(2).floor().mul(distortionScale).floor().add(1);
        return at(drawn, i).mul(places).floor();
      };
      const right = (i: number): tf.Tensor => width.sub(1).sub(inwards(i, width));
      const bottom = (i: number): tf.Tensor => height.sub(1).sub(inwards(i, height));
      const corners: Corners = [
        [inwards(0, width), inwards(1, height)],
        [right(2), inwards(3, height)],
        [right(4), bottom(5)],
        [inwards(6, width), bottom(7)],
      ];
      return [changeIf(at(drawn, 8).less(probability), change("perspective", corners.flat()))];
    },
    smooth(options),
  );
}

/** Options of randomGaussianBlur(). */
export interface RandomGaussianBlurOptions extends Chance {
  /** Pixels that are mixed in a row, odd. @default 5 */
  readonly kernelSize?: number;
  /** The standard deviation, in pixels. @default [0.1, 2] */
  readonly sigma?: Range;
  /** @default 0.5 */
  readonly probability?: number;
}

/** A photo blurred, or not. See randomRotation(). @see torchvision 0.28 v2.GaussianBlur; SimCLR (arXiv 2002.05709) */
export function randomGaussianBlur(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: RandomGaussianBlurOptions = {},
): tf.Tensor3D {
  const { kernelSize = 5, sigma = [0.1, 2], probability = 0.5 } = options;
  expectKernelSize(kernelSize);
  expectNumbers({ probability }, 0, 1);
  expectRanges({ sigma }, Number.MIN_VALUE, Infinity);
  return withChanges(image, () => {
    const drawn = random.uniform([2], seed);
    const blur = gaussianBlur({ kernelSize, sigma: scaled(drawn, 0, sigma) });
    return [changeIf(at(drawn, 1).less(probability), blur)];
  });
}

/** A photo in grey, or not. See randomRotation(). @param options probability: 0.1 by default @see torchvision 0.28 v2.RandomGrayscale */
export function randomGrayscale(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: { readonly probability?: number } = {},
): tf.Tensor3D {
  const { probability = 0.1 } = options;
  expectNumbers({ probability }, 0, 1);
  return withChanges(image, () => [
    changeIf(random.uniform([], seed).less(probability), change("grayscale")),
  ]);
}

/** Options of randomErasing(). */
export interface RandomErasingOptions extends Chance {
  /** @default 0.5 */
  readonly probability?: number;
  /** The rectangle's share of the image. @default [0.02, 0.33] */
  readonly scale?: Range;
  /** Its height / width. @default [0.3, 3.3] */
  readonly ratio?: Range;
  /** Its red, green and blue. @default VGG_MEANS, which become 0 when means are subtracted, as torchvision's value is after it normalizes */
  readonly color?: readonly [number, number, number];
}

/**
 * A photo with a rectangle painted over, or not. See randomRotation().
 * @see Zhong et al. 2017 (arXiv 1708.04896); torchvision 0.28 v2.RandomErasing: of ten rectangles the first that is smaller than the image
 */
export function randomErasing(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: RandomErasingOptions = {},
): tf.Tensor3D {
  return withChanges(image, () => [drawErasing(image, seed, options)]);
}

const TRIES = 10;

/** What randomErasing() draws. */
export function drawErasing(image: tf.Tensor, seed: tf.Tensor, options: RandomErasingOptions): Changes {
  const { probability = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], color = VGG_MEANS } = options;
  expectNumbers({ probability }, 0, 1);
  expectRanges({ scale }, 0, 1);
  expectRanges({ ratio }, Number.MIN_VALUE, Infinity);
  expectColor({ color });
  const [height, width] = floatSides(image);
  const drawn = random.uniform([2, TRIES], splitSeed(seed, 0));
  const row = (i: number, [least, most]: Range): tf.Tensor =>
    drawn.slice([i, 0], [1, -1]).as1D().mul(most - least).add(least); // prettier-ignore
  const area = row(0, scale).mul(height).mul(width);
  const aspect = row(1, [Math.log(ratio[0]), Math.log(ratio[1])]).exp();
  const heights = area.mul(aspect).sqrt().round();
  const widths = area.div(aspect).sqrt().round();
  const fits = castTo(tf.logicalAnd(heights.less(height), widths.less(width)), "float32");
  const first = fits.argMax(0);
  const pick = (sides: tf.Tensor): tf.Tensor => tf.gather(sides, first.as1D()).asScalar();
  const place = random.uniform([3], splitSeed(seed, 1));
  const [h, w] = [pick(heights), pick(widths)];
  const rectangle = {
    top: at(place, 0).mul(height.sub(h).add(1)).floor(),
    left: at(place, 1).mul(width.sub(w).add(1)).floor(),
    height: h,
    width: w,
  };
  const isDrawn = tf.logicalAnd(at(place, 2).less(probability), fits.max().greater(0));
  return changeIf(isDrawn, erase(rectangle, color));
}

/** One of a vector's numbers. */
export function at(drawn: tf.Tensor, i: number): tf.Tensor {
  return drawn.slice([i], [1]).asScalar();
}

/** One of a vector's numbers, 0 … 1, in a range. */
export function scaled(drawn: tf.Tensor, i: number, [least, most]: Range): tf.Tensor {
  return at(drawn, i).mul(most - least).add(least); // prettier-ignore
}

function between([least, most]: Range, seed: tf.Tensor): Amount {
  return random.uniform([], seed, least, most);
}

function floatSides(image: tf.Tensor): [height: tf.Tensor, width: tf.Tensor] {
  const sides = castTo(sidesOf(image), "float32");
  return [at(sides, 0), at(sides, 1)];
}

function smooth(options: SamplingOptions): SamplingOptions {
  return { interpolation: "bilinear", ...options };
}
