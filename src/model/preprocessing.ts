/** A batch of photographs as the network wants it. */
import { isResizedWhole, pickPixels, pickResizedPixels, random, resizeBilinear, tf } from "../tensorflow";
import { normalizePixels, type Preprocessing } from "./normalization";
import { expectPixels, type Pixels as PixelRange } from "./pixels";

/** Options of preprocessImages(). */
export interface PreprocessOptions {
  /** The shorter side before the crop, in pixels. @default 256 */
  readonly resizeSide?: number;
  /** The side of the crop, in pixels. @default 224 */
  readonly imageSize?: number;
  /**
   * int32 [2]: draws each image's crop and whether it is mirrored. Inside a traced step pass in one that changes from step to step.
   * @default undefined: the central crop, as it is
   */
  readonly seed?: tf.Tensor | undefined;
  /** What pixels are normalized to. @default "vgg": the VGG means are taken off */
  readonly preprocessing?: Preprocessing;
  /** "any" takes other values than those of photographs too. @default "0-255" */
  readonly pixels?: PixelRange;
}

/**
 * Resizes images in their proportions, crops them and normalizes their pixels; images of the crop's size are only mirrored, if that
 * is drawn, and normalized.
 * @param images  [batch, height, width, 3], float32 or int32, 0…255
 * @returns       float32 [batch, imageSize, imageSize, 3]; the caller disposes
 * @throws {TypeError} if the shape is another
 * @throws {RangeError} if the crop is larger than what it is cut from, or the pixels are not in 0…255, as those of images are that
 * had their means taken off or were divided by 255 before; of a traced function, those of its first call
 * @see TF-Slim vgg_preprocessing.py
 */
export function preprocessImages(images: tf.Tensor4D, options: PreprocessOptions = {}): tf.Tensor4D {
  const { resizeSide = 256, imageSize = 224, seed, preprocessing = "vgg", pixels } = options;
  expectImages(images);
  if (imageSize > resizeSide) {
    throw new RangeError(
      `Cannot preprocess images: expected a crop of at most ${resizeSide} pixels, got ${imageSize}`,
    );
  }
  expectPixels(images, pixels);
  const size = resizedSize(images, resizeSide, imageSize);
  const crop =
    isReady(images, size) || isResizedWhole(size, [imageSize, imageSize]) ? cropWhole : cropWindows;
  return tf.tidy(() => normalizePixels(crop(images, size, imageSize, seed), preprocessing));
}

function expectImages({ shape }: tf.Tensor): void {
  if (shape.length === 4 && shape[3] === 3) return;
  throw new TypeError(
    `Cannot preprocess images: expected [batch, height, width, 3], got [${shape.join(", ")}]`,
  );
}

type Size = readonly [height: number, width: number];

/**
 * What the images are resized to before the crop: their own size if they are ready.
 * @see TF-Slim vgg_preprocessing._smallest_size_at_least: in float32, a half rounded to even
 */
function resizedSize(images: tf.Tensor4D, resizeSide: number, imageSize: number): Size {
  const [, height, width] = images.shape;
  if (height === imageSize && width === imageSize) return [height, width];
  const scale = Math.fround(resizeSide / Math.min(height, width));
  const scaled = (side: number): number => roundHalfToEven(Math.fround(side * scale));
  return [scaled(height), scaled(width)];
}

/** Rounded as NumPy and IEEE 754 do it. */
export function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

const isReady = ({ shape }: tf.Tensor4D, [height, width]: Size): boolean =>
  shape[1] === height && shape[2] === width;

const asFloat = (images: tf.Tensor4D): tf.Tensor4D =>
  images.dtype === "float32" ? images : images.toFloat();

/** A part of an image, in shares of its height and width, 0…1. */
export interface ImagePart {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** The middle of images that preprocessImages() crops without a seed, in shares of their height and width. */
export function centralPart(
  images: tf.Tensor4D,
  { resizeSide, imageSize }: { readonly resizeSide: number; readonly imageSize: number },
): ImagePart {
  const [height, width] = resizedSize(images, resizeSide, imageSize);
  const [top, left] = centralPlace([height, width], imageSize);
  return {
    ...{ top: top / height, bottom: (top + imageSize) / height },
    ...{ left: left / width, right: (left + imageSize) / width },
  };
}

/** Crops of the resized images. */
function cropWhole(images: tf.Tensor4D, size: Size, side: number, seed: tf.Tensor | undefined): tf.Tensor4D {
  const resized = isReady(images, size) ? asFloat(images) : resizeBilinear(images, size);
  if (seed === undefined) {
    const [top, left] = centralPlace(size, side);
    return resized.slice([0, top, left, 0], [-1, side, side, -1]);
  }
  const { rows, columns } = randomPixels(images.shape[0], size, side, seed);
  return pickPixels(resized, rows, columns);
}

/** The same of very narrow images, without the rest of what they would be resized to. */
function cropWindows(
  images: tf.Tensor4D,
  size: Size,
  side: number,
  seed: tf.Tensor | undefined,
): tf.Tensor4D {
  const { rows, columns } =
    seed === undefined ? centralPixels(size, side) : randomPixels(images.shape[0], size, side, seed);
  return pickResizedPixels(images, tf.tensor1d([...size], "int32"), rows, columns);
}

/** Each image's rows and columns, int32 [batch, side] or [1, side]. */
interface Pixels {
  readonly rows: tf.Tensor;
  readonly columns: tf.Tensor;
}

/** For all images the same. */
function centralPixels(size: Size, side: number): Pixels {
  const [top, left] = centralPlace(size, side);
  const from = (first: number): tf.Tensor => tf.range(first, first + side, 1, "int32").expandDims();
  return { rows: from(top), columns: from(left) };
}

function centralPlace([height, width]: Size, side: number): Size {
  return [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
}

/** Of a mirrored image the columns from the right. */
function randomPixels(batch: number, [height, width]: Size, side: number, seed: tf.Tensor): Pixels {
  const drawn = random.uniform([batch, 3], seed);
  const column = (i: number): tf.Tensor => drawn.slice([0, i], [-1, 1]);
  const place = (i: number, places: number): tf.Tensor => column(i).mul(places).floor().toInt(); // [b, 1]
  const ahead = tf.range(0, side, 1, "int32");
  const steps = tf.where(column(2).less(0.5), ahead.reverse(), ahead); // [b, side]
  return {
    rows: place(0, height - side + 1).add(ahead),
    columns: place(1, width - side + 1).add(steps),
  };
}
