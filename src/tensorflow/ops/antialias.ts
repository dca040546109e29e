/** Images in another size, smoothed before they are made smaller: antialiased, as Pillow resizes. */
import { attr } from "../runtime/attributes";
import { dataType, tf } from "../runtime/runtime";
import { castTo, executeOne } from "../trace/execute";
import { dynamicReshape, insertAxis } from "./shape";

/**
 * How photos are resized. "slim": as TF-Slim does it, by bilinear interpolation between the nearest pixels, the others left out;
 * "bilinear", "bicubic": antialiased as Pillow does it, and torchvision and timm by it: each pixel is made of all that it covers.
 */
export type Interpolation = (typeof INTERPOLATIONS)[number];

/** All there are. */
export const INTERPOLATIONS = ["slim", "bilinear", "bicubic"] as const;

/**
 * Checks an interpolation.
 * @param what  what it is for, for the error: "preprocess image"
 * @throws {RangeError} if there is none of that name
 */
export function expectInterpolation(what: string, given: string): void {
  if (INTERPOLATIONS.some((one) => one === given)) return;
  const known = INTERPOLATIONS.join(", ");
  throw new RangeError(`Cannot ${what}: expected interpolation to be ${known}, got ${given}`);
}

/**
 * Checks the share of an image's sides that is squashed into a square.
 * @param what  what it is for, for the error: "preprocess image"
 * @throws {RangeError} if it is not in 0.01 … 1: of less the middle of a photo is no pixel
 */
export function expectCentralFraction(what: string, given: number | undefined): void {
  if (given === undefined || (Number.isFinite(given) && given >= 0.01 && given <= 1)) return;
  throw new RangeError(`Cannot ${what}: expected centralFraction in 0.01 … 1, got ${String(given)}`);
}

/** Those that are antialiased. */
export type Antialiased = Exclude<Interpolation, "slim">;

/**
 * By how many pixels of the smaller size those lie apart, at most, that mix.
 * @see Pillow 13 Resample.c: bilinear_filter(), and bicubic_filter() of a = -0.5
 */
const RADII: Readonly<Record<Antialiased, number>> = { bilinear: 1, bicubic: 2 };

/** What TensorFlow calls them. @see tensorflow/core/kernels/image/sampling_kernels.h */
const KERNELS: Readonly<Record<Antialiased, string>> = { bilinear: "triangle", bicubic: "keyscubic" };

/** See RADII. */
export function radiusOf(interpolation: Antialiased): number {
  return RADII[interpolation];
}

/** What is resized to, and the part of it that is wanted. */
export interface ScaledWindow {
  /** float32 [2]: by how much height and width become longer, below 1 where they become shorter */
  readonly scale: tf.Tensor;
  /** float32 [2]: the part's top and left in the resized image */
  readonly begin: tf.Tensor;
  /** int32 [2]: the part's height and width */
  readonly part: tf.Tensor;
}

/**
 * A part of resized images, by one operation that computes nothing but the part.
 * @param images  [batch, height, width, channels], any number type, 0…255; it holds in recordings for images of any size
 * @returns       float32 [batch, part's height, part's width, channels], 0…255, nothing rounded; the caller disposes
 * @see tf.image.resize(antialias=True), of which it is the operation
 */
export function scaleWindow(
  images: tf.Tensor,
  { scale, begin, part }: ScaledWindow,
  interpolation: Antialiased,
): tf.Tensor4D {
  return tf.tidy(() => {
    const attrs = {
      T: attr.type(dataType(images)),
      kernel_type: attr.string(KERNELS[interpolation]),
      antialias: attr.bool(true),
    };
    const scaled = executeOne("ScaleAndTranslate", [images, part, scale, begin.neg()], attrs) as tf.Tensor4D;
    return interpolation === "bicubic" ? tf.clipByValue(scaled, 0, 255) : scaled;
  });
}

/** Which pixels of resized images are wanted. */
export interface ResizedPixels {
  /** int32 [2]: height and width of the images */
  readonly from: tf.Tensor;
  /** int32 [2]: height and width that they are resized to */
  readonly size: tf.Tensor;
  /** int32 [batch, new height]: which rows of the resized images; or [1, new height] for all */
  readonly rows: tf.Tensor;
  /** int32 [batch, new width], or [1, new width] */
  readonly columns: tf.Tensor;
}

/**
 * The same pixels by matrix products, which every format of networks has, each image's by its own lists.
 * @param images  [batch, height, width, channels], any number type; it holds in recordings for images of any size
 * @returns       float32 [batch, new height, new width, channels], nothing rounded nor cut off; the caller disposes
 */
export function resamplePixels(
  images: tf.Tensor,
  { from, size, rows, columns }: ResizedPixels,
  interpolation: Antialiased,
): tf.Tensor4D {
  return tf.tidy(() => {
    const along = (axis: number, places: tf.Tensor): tf.Tensor =>
      weightsOf(places, from.slice([axis], [1]), size.slice([axis], [1]), interpolation);
    const [height, width, channels] = [rows.shape[1] ?? 1, columns.shape[1] ?? 1, images.shape[3] ?? 3];
    const wide = from.slice([1], [1]);
    // Of the batch's size nothing is said, so that it stays open.
    const shaped = (x: tf.Tensor, ...parts: readonly (tf.Tensor | number)[]): tf.Tensor =>
      dynamicReshape(x, tf.concat([-1, ...parts].map(sideOf)));
    const flat = shaped(castTo(images, "float32"), from.slice([0], [1]), wide.mul(sideOf(channels))); // [b, H, W c]
    const tall = shaped(product(along(0, rows), flat), height, wide, channels); // [b, h, W, c]
    const turned = shaped(exchange(tall), height * channels, wide); // [b, h c, W]
    const mixed = product(turned, along(1, columns), true); // [b, h c, w]
    return exchange(shaped(mixed, height, channels, width)) as tf.Tensor4D;
  });
}

/**
 * How much each pixel of a side counts at places of the resized one.
 * @param places   int32 [batch or 1, places]
 * @param side     int32 [1]: pixels
 * @param resized  int32 [1]: pixels
 * @returns        float32 [batch or 1, places, side], of which each row sums to 1
 */
function weightsOf(
  places: tf.Tensor,
  side: tf.Tensor,
  resized: tf.Tensor,
  interpolation: Antialiased,
): tf.Tensor {
  const step = castTo(side, "float32").div(castTo(resized, "float32")); // [1]
  const middles = castTo(places, "float32").add(0.5).mul(step); // in pixels of the image
  const pixels = castTo(indicesOf(side), "float32").add(0.5);
  const apart = insertAxis(middles, 2)
    .sub(pixels)
    .abs()
    .div(step.maximum(tf.scalar(1)));
  const weights = interpolation === "bilinear" ? tf.scalar(1).sub(apart).relu() : cubic(apart);
  return weights.div(weights.sum(2, true));
}

/** @see Robert Keys, Cubic convolution interpolation for digital image processing (1981), of a = -1/2 */
function cubic(x: tf.Tensor): tf.Tensor {
  const near = x.mul(1.5).sub(2.5).mul(x).mul(x).add(1);
  const far = x.mul(-0.5).add(2.5).mul(x).sub(4).mul(x).add(2);
  return tf.where(x.less(1), near, tf.where(x.less(2), far, tf.zerosLike(far)));
}

/** int32 [side]: 0, 1, … */
function indicesOf(side: tf.Tensor): tf.Tensor {
  const end = dynamicReshape(side, tf.tensor1d([], "int32"));
  return executeOne("Range", [tf.scalar(0, "int32"), end, tf.scalar(1, "int32")], {
    Tidx: attr.type("int32"),
  });
}

/** int32 [1] */
const sideOf = (side: tf.Tensor | number): tf.Tensor =>
  typeof side === "number" ? tf.tensor1d([side], "int32") : side;

/** @param isTransposed  whether b's last two dimensions are exchanged */
function product(a: tf.Tensor, b: tf.Tensor, isTransposed = false): tf.Tensor {
  return executeOne("BatchMatMulV2", [a, b], {
    T: attr.type("float32"),
    adj_x: attr.bool(false),
    adj_y: attr.bool(isTransposed),
  });
}

/** The last two of four dimensions exchanged. */
function exchange(x: tf.Tensor): tf.Tensor {
  return executeOne("Transpose", [x, tf.tensor1d([0, 1, 3, 2], "int32")], {
    T: attr.type("float32"),
    Tperm: attr.type("int32"),
  });
}
