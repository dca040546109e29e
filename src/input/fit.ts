/** Crops of resized images, computed without what is cut off: of a narrow image that would be gigabytes. */
import { castTo, dynamicShape, insertAxis, random, resizeWindow, tf } from "../tensorflow";

/** The sides of a crop's way, in pixels. */
export interface FitOptions {
  /** The shorter side that the image is resized to. */
  readonly resizeSide: number;
  /** Height and width of the crop. */
  readonly side: number;
}

/** int32 [2]: height and width, computed in the graph. */
export function sidesOf(image: tf.Tensor): tf.Tensor1D {
  return dynamicShape(image).slice([image.rank - 3], [2]);
}

/**
 * int32 [2]: height and width of an image whose shorter side becomes `smallestSide`.
 * @see TF-Slim vgg_preprocessing._smallest_size_at_least: in float32, a half rounded to even
 */
export function smallestSizeAtLeast(image: tf.Tensor, smallestSide: number): tf.Tensor {
  return tf.tidy(() => {
    const sides = castTo(sidesOf(image), "float32");
    const scale = tf.scalar(smallestSide).div(sides.min());
    return castTo(sides.mul(scale).round(), "int32");
  });
}

/**
 * The middle of a resized image, or of each of a batch, as centralCrop() of aspectPreservingResize().
 * @param image  [height, width, channels] or [batch, height, width, channels], any number type
 * @returns      float32 [side, side, channels] or [batch, side, side, channels]
 * @throws {RangeError} if the crop is larger than what it is cut from
 */
export function fitCentral(image: tf.Tensor4D, options: FitOptions): tf.Tensor4D;
export function fitCentral(image: tf.Tensor, options: FitOptions): tf.Tensor3D;
export function fitCentral(image: tf.Tensor, options: FitOptions): tf.Tensor {
  const place = (room: tf.Tensor): tf.Tensor => room.floorDiv(tf.scalar(2, "int32"));
  if (image.rank === 4) return fit(image, options, place);
  return oneOf(image, (images) => fit(images, options, place));
}

/**
 * A random part of a resized image, as randomCrop() of aspectPreservingResize().
 * @param image  [height, width, channels], any number type
 * @param seed   int32 [2]
 * @returns      float32 [side, side, channels]
 * @throws {RangeError} if the crop is larger than what it is cut from
 */
export function fitRandom(image: tf.Tensor, seed: tf.Tensor, options: FitOptions): tf.Tensor3D {
  const place = (room: tf.Tensor): tf.Tensor => {
    const places = castTo(room.add(tf.scalar(1, "int32")), "float32");
    return castTo(random.uniform([2], seed).mul(places).floor(), "int32");
  };
  return oneOf(image, (images) => fit(images, options, place));
}

/** What is done to images, done to one. */
function oneOf(image: tf.Tensor, work: (images: tf.Tensor) => tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => {
    const one = work(insertAxis(image, 0));
    return one.as3D(one.shape[1], one.shape[2], one.shape[3]);
  });
}

function fit(
  images: tf.Tensor,
  { resizeSide, side }: FitOptions,
  placeIn: (room: tf.Tensor) => tf.Tensor,
): tf.Tensor4D {
  if (side > resizeSide)
    throw new RangeError(`Cannot crop image: expected a crop of at most ${resizeSide} pixels, got ${side}`);
  return tf.tidy(() => {
    const size = smallestSizeAtLeast(images, resizeSide);
    const begin = placeIn(size.sub(tf.scalar(side, "int32")));
    return resizeWindow(images, { size, begin, height: side, width: side });
  });
}
