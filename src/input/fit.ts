/** Crops of resized images, computed without what is cut off: of a narrow image that would be gigabytes. */
import {
  antialiasWindow,
  castTo,
  insertAxis,
  random,
  resampleWindow,
  resizeWindow,
  tf,
  type Interpolation,
} from "../tensorflow";
import { cutPhoto, type Cut, type Drawn } from "./cut";
import { mirrorIf } from "./flip";
import { originOf } from "./origin";
import { halfOf, sidesOf } from "./sides";
import { squashCentral } from "./squash";

/** The sides of a crop's way, in pixels. */
export interface FitOptions {
  /** The shorter side that the image is resized to. */
  readonly resizeSide: number;
  /** Height and width of the crop. */
  readonly side: number;
  /** @default "slim" */
  readonly interpolation?: Interpolation;
}

/** How the middle of an image gets to a size. */
export interface CentralOptions extends FitOptions {
  /** The share of each side that is squashed into the square, 0.01 … 1, whatever resizeSide is. @default none: images keep their proportions */
  readonly centralFraction?: number | undefined;
}

/**
 * int32 [2]: height and width of an image whose shorter side becomes `smallestSide`.
 * @see TF-Slim vgg_preprocessing._smallest_size_at_least: in float32, a half rounded to even; torchvision 0.28
 * transforms/functional.py, _compute_resized_output_size(): rounded down
 */
export function smallestSizeAtLeast(
  image: tf.Tensor,
  smallestSide: number,
  interpolation: Interpolation = "slim",
): tf.Tensor {
  return tf.tidy(() => sizeAtLeast(sidesOf(image), smallestSide, interpolation));
}

/** @param wholes  int32 [2] */
function sizeAtLeast(wholes: tf.Tensor, smallestSide: number, interpolation: Interpolation): tf.Tensor {
  if (interpolation !== "slim") return wholes.mul(tf.scalar(smallestSide, "int32")).floorDiv(wholes.min());
  const sides = castTo(wholes, "float32");
  const scale = tf.scalar(smallestSide).div(sides.min());
  return castTo(sides.mul(scale).round(), "int32");
}

/**
 * The middle of a resized image, or of each of a batch, as centralCrop() of aspectPreservingResize(); of a batch by plain operations,
 * which other formats have, too. With a `centralFraction` it is squashed instead.
 * @param image  [height, width, channels] or [batch, height, width, channels], any number type
 * @returns      float32 [side, side, channels] or [batch, side, side, channels]
 * @throws {RangeError} if the crop is larger than what it is cut from
 */
export function fitCentral(image: tf.Tensor4D, options: CentralOptions): tf.Tensor4D;
export function fitCentral(image: tf.Tensor, options: CentralOptions): tf.Tensor3D;
export function fitCentral(image: tf.Tensor, options: CentralOptions): tf.Tensor {
  const { side, interpolation = "slim", centralFraction } = options;
  if (centralFraction !== undefined) return squashCentral(image, { side, centralFraction, interpolation });
  const place = (room: tf.Tensor): tf.Tensor => halfOf(room, interpolation);
  if (image.rank === 4) return fit(image, options, place);
  return fitOne(image, { name: "central", drawn: {}, options, place });
}

/**
 * A random part of a resized image, as randomCrop() of aspectPreservingResize().
 * @param image     [height, width, channels], any number type
 * @param seed      int32 [2]
 * @param mirrored  bool scalar: whether it is mirrored left to right; by default it is not
 * @returns         float32 [side, side, channels]
 * @throws {RangeError} if the crop is larger than what it is cut from
 */
export function fitRandom(
  image: tf.Tensor,
  seed: tf.Tensor,
  options: FitOptions,
  mirrored?: tf.Tensor,
): tf.Tensor3D {
  const place = (room: tf.Tensor, drawn: tf.Tensor): tf.Tensor => {
    const places = castTo(room.add(tf.scalar(1, "int32")), "float32");
    return castTo(random.uniform([2], drawn).mul(places).floor(), "int32");
  };
  return fitOne(image, { name: "random", drawn: { seed, mirrored }, options, place });
}

interface Fit {
  readonly name: string;
  readonly drawn: Drawn;
  readonly options: FitOptions;
  /** Where the crop begins. @param room int32 [2]: how much larger the resized image is */
  readonly place: (room: tf.Tensor, seed: tf.Tensor) => tf.Tensor;
}

/** Of a photo that is just being decoded, no more is decoded than is needed. */
function fitOne(image: tf.Tensor, fitting: Fit): tf.Tensor3D {
  const { drawn, options, place } = fitting;
  const origin = originOf(image);
  if (origin !== undefined) return cutPhoto(origin, drawn, cutOf(fitting));
  return tf.tidy(() => {
    const { seed = tf.zeros([2], "int32"), mirrored } = drawn;
    const one = fit(insertAxis(image, 0), options, (room) => place(room, seed), antialiasWindow);
    return mirrorIf(mirrored, one.as3D(one.shape[1], one.shape[2], one.shape[3]));
  });
}

function cutOf({ name, options, place }: Fit): Cut {
  const { resizeSide, side, interpolation = "slim" } = options;
  expectSmaller(options);
  return {
    ...{ name: `${name}_${side}_of_${resizeSide}_${interpolation}`, height: side, width: side },
    ...{ isOfWhole: true, interpolation },
    choose: (sides, seed) => {
      const size = sizeAtLeast(sides, resizeSide, interpolation);
      const begin = place(size.sub(tf.scalar(side, "int32")), seed);
      return { region: tf.concat([tf.zeros([2], "int32"), sides]), size, begin };
    },
  };
}

function fit(
  images: tf.Tensor,
  { resizeSide, side, interpolation = "slim" }: FitOptions,
  placeIn: (room: tf.Tensor) => tf.Tensor,
  antialias = resampleWindow,
): tf.Tensor4D {
  expectSmaller({ resizeSide, side });
  return tf.tidy(() => {
    const size = smallestSizeAtLeast(images, resizeSide, interpolation);
    const begin = placeIn(size.sub(tf.scalar(side, "int32")));
    const window = { size, begin, height: side, width: side };
    return interpolation === "slim" ? resizeWindow(images, window) : antialias(images, window, interpolation);
  });
}

function expectSmaller({ resizeSide, side }: FitOptions): void {
  if (side > resizeSide)
    throw new RangeError(`Cannot crop image: expected a crop of at most ${resizeSide} pixels, got ${side}`);
}
