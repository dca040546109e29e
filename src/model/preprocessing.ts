/** A batch of photographs as the network wants it. */
import {
  expectCentralFraction,
  isResizedWhole,
  pickPixels,
  pickResizedPixels,
  random,
  resamplePixels,
  resizeBilinear,
  tf,
  type Interpolation,
} from "../tensorflow";
import { normalizePixels, type Preprocessing } from "./normalization";
import { expectPixels, type Pixels as PixelRange } from "./pixels";

/** How a photo of any size gets to a network: preprocessForEval()'s options. */
export interface PhotoSize {
  /** Pixels of the shorter side before the crop. */
  readonly resizeSide: number;
  /** Height and width of the middle that is cropped. */
  readonly size: number;
  readonly interpolation: Interpolation;
  /** The share of each side that is squashed into the square instead, whatever resizeSide is. @default none */
  readonly centralFraction?: number;
}

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
  /** How images are resized. @default "slim" */
  readonly interpolation?: Interpolation;
  /**
   * The share of each side, 0.01 … 1, whose middle is squashed into the square where no seed draws a crop.
   * @default none: images keep their proportions
   */
  readonly centralFraction?: number;
  /** What pixels are normalized to. @default "vgg": the VGG means are taken off */
  readonly preprocessing?: Preprocessing;
  /** "any" takes other values than those of photographs too. @default "0-255" */
  readonly pixels?: PixelRange;
}

/**
 * Resizes images in their proportions and crops them, or squashes their middle into a square, and normalizes their pixels; images of the crop's size are only mirrored, if that
 * is drawn, and normalized.
 * @param images  [batch, height, width, 3], float32 or int32, 0…255
 * @returns       float32 [batch, imageSize, imageSize, 3]; the caller disposes
 * @throws {TypeError} if the shape is another
 * @throws {RangeError} if the crop is larger than what it is cut from, or the pixels are not in 0…255, as those of images are that
 * had their means taken off or were divided by 255 before; of a traced function, those of its first call
 * @see TF-Slim vgg_preprocessing.py; torchvision 0.28 transforms/_presets.py, ImageClassification
 */
export function preprocessImages(images: tf.Tensor4D, options: PreprocessOptions = {}): tf.Tensor4D {
  const { resizeSide = 256, imageSize = 224, seed, preprocessing = "vgg" } = options;
  const { interpolation = "slim", pixels = "0-255", centralFraction } = options;
  expectImages(images);
  expectCentralFraction("preprocess images", centralFraction);
  if (imageSize > resizeSide) {
    throw new RangeError(
      `Cannot preprocess images: expected a crop of at most ${resizeSide} pixels, got ${imageSize}`,
    );
  }
  expectPixels(images, pixels);
  const cut = { side: imageSize, seed, interpolation, isCut: pixels === "0-255" };
  if (centralFraction !== undefined && seed === undefined)
    return tf.tidy(() => normalizePixels(squash(images, centralFraction, cut), preprocessing));
  const size = resizedSize(images, { resizeSide, imageSize, interpolation });
  const cropping = { ...cut, size };
  const isWhole = interpolation === "slim" && isResizedWhole(size, [imageSize, imageSize]);
  const crop = isReady(images, size) || isWhole ? cropWhole : cropWindows;
  return tf.tidy(() => normalizePixels(crop(images, cropping), preprocessing));
}

/** How images are cropped. */
interface Cropping {
  /** What they are resized to. */
  readonly size: Size;
  /** Of the crop. */
  readonly side: number;
  readonly seed: tf.Tensor | undefined;
  readonly interpolation: Interpolation;
  /** Whether they are in 0…255 and are to stay in it. */
  readonly isCut: boolean;
}

function expectImages({ shape }: tf.Tensor): void {
  if (shape.length === 4 && shape[3] === 3) return;
  throw new TypeError(
    `Cannot preprocess images: expected [batch, height, width, 3], got [${shape.join(", ")}]`,
  );
}

type Size = readonly [height: number, width: number];

/** What images are resized and cropped to. */
interface PhotoSides {
  readonly resizeSide: number;
  readonly imageSize: number;
  readonly interpolation: Interpolation;
}

/**
 * What the images are resized to before the crop: their own size if they are ready.
 * @see TF-Slim vgg_preprocessing._smallest_size_at_least: in float32, a half rounded to even; torchvision 0.28
 * transforms/functional.py, _compute_resized_output_size(): rounded down
 */
function resizedSize(images: tf.Tensor4D, { resizeSide, imageSize, interpolation }: PhotoSides): Size {
  const [, height, width] = images.shape;
  if (isOfSide(images, imageSize)) return [height, width];
  const shorter = Math.min(height, width);
  if (interpolation !== "slim")
    return [Math.floor((height * resizeSide) / shorter), Math.floor((width * resizeSide) / shorter)];
  const scale = Math.fround(resizeSide / Math.min(height, width));
  const scaled = (side: number): number => roundHalfToEven(Math.fround(side * scale));
  return [scaled(height), scaled(width)];
}

/** Rounded as NumPy and IEEE 754 do it. */
export function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

const isOfSide = ({ shape: [, height, width] }: tf.Tensor4D, side: number): boolean =>
  height === side && width === side;

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

/** Those of a model's options by which photos are resized. */
interface PhotoOptions {
  readonly fixedResizeSide: number;
  readonly defaultImageSize: number;
  readonly interpolation: Interpolation;
  readonly centralFraction?: number | undefined;
}

/** The middle of images that preprocessImages() crops without a seed, in shares of their height and width. */
export function centralPart(images: tf.Tensor4D, options: PhotoOptions): ImagePart {
  const { fixedResizeSide, defaultImageSize: imageSize, interpolation, centralFraction } = options;
  if (centralFraction !== undefined && !isOfSide(images, imageSize))
    return squashedPart(images, { side: imageSize, interpolation }, centralFraction);
  const [height, width] = resizedSize(images, { resizeSide: fixedResizeSide, imageSize, interpolation });
  const [top, left] = centralPlace([height, width], imageSize, interpolation);
  return {
    ...{ top: top / height, bottom: (top + imageSize) / height },
    ...{ left: left / width, right: (left + imageSize) / width },
  };
}

/**
 * The middle of the images in a square: cropped before it is resized, or antialiased afterwards; those of its size are left.
 * @see TF-Slim inception_preprocessing.preprocess_for_eval; timm 1.0.31 data/transforms_factory.py, crop_mode "squash"
 */
function squash(images: tf.Tensor4D, centralFraction: number, cut: Omit<Cropping, "size">): tf.Tensor4D {
  const { side, interpolation } = cut;
  if (isOfSide(images, side)) return asFloat(images);
  if (interpolation === "slim") {
    const { top, left, height, width } = middleOf(images, centralFraction);
    return resizeBilinear(images.slice([0, top, left, 0], [-1, height, width, -1]), [side, side]);
  }
  const whole = Math.floor(side / centralFraction);
  return cropWindows(images, { ...cut, size: [whole, whole] });
}

function squashedPart(
  images: tf.Tensor4D,
  { side, interpolation }: Pick<Cropping, "side" | "interpolation">,
  centralFraction: number,
): ImagePart {
  if (interpolation === "slim") {
    const [, tall, wide] = images.shape;
    const { top, left, height, width } = middleOf(images, centralFraction);
    return {
      ...{ top: top / tall, bottom: (top + height) / tall },
      ...{ left: left / wide, right: (left + width) / wide },
    };
  }
  const whole = Math.floor(side / centralFraction);
  const [first] = centralPlace([whole, whole], side, interpolation);
  const [from, to] = [first / whole, (first + side) / whole];
  return { top: from, bottom: to, left: from, right: to };
}

interface Middle {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Rounded in float32, as inside graphs. @see tf.image.central_crop */
function middleOf({ shape: [, tall, wide] }: tf.Tensor4D, centralFraction: number): Middle {
  const margin = (side: number): number =>
    Math.floor(Math.fround(side - Math.fround(side * Math.fround(centralFraction))) / 2);
  const [top, left] = [margin(tall), margin(wide)];
  return { top, left, height: tall - 2 * top, width: wide - 2 * left };
}

/** Crops of the resized images. */
function cropWhole(images: tf.Tensor4D, { size, side, seed, interpolation }: Cropping): tf.Tensor4D {
  const resized = isReady(images, size) ? asFloat(images) : resizeBilinear(images, size);
  if (seed === undefined) {
    const [top, left] = centralPlace(size, side, interpolation);
    return resized.slice([0, top, left, 0], [-1, side, side, -1]);
  }
  const { rows, columns } = randomPixels(images.shape[0], size, side, seed);
  return pickPixels(resized, rows, columns);
}

/** The same without the rest of what they would be resized to: of very narrow images, or antialiased. */
function cropWindows(images: tf.Tensor4D, cropping: Cropping): tf.Tensor4D {
  const { size, side, seed, interpolation, isCut } = cropping;
  const { rows, columns } =
    seed === undefined ? centralPixels(cropping) : randomPixels(images.shape[0], size, side, seed);
  const resized = tf.tensor1d([...size], "int32");
  if (interpolation === "slim") return pickResizedPixels(images, resized, rows, columns);
  const from = tf.tensor1d(images.shape.slice(1, 3), "int32");
  const pixels = resamplePixels(images, { from, size: resized, rows, columns }, interpolation);
  return isCut ? tf.clipByValue(pixels, 0, 255) : pixels;
}

/** Each image's rows and columns, int32 [batch, side] or [1, side]. */
interface Pixels {
  readonly rows: tf.Tensor;
  readonly columns: tf.Tensor;
}

/** For all images the same. */
function centralPixels({ size, side, interpolation }: Cropping): Pixels {
  const [top, left] = centralPlace(size, side, interpolation);
  const from = (first: number): tf.Tensor => tf.range(first, first + side, 1, "int32").expandDims();
  return { rows: from(top), columns: from(left) };
}

/** @see torchvision 0.28 transforms/functional.py, center_crop(): a half is rounded to the even neighbour */
function centralPlace([height, width]: Size, side: number, interpolation: Interpolation): Size {
  const half = interpolation === "slim" ? Math.floor : roundHalfToEven;
  return [half((height - side) / 2), half((width - side) / 2)];
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
