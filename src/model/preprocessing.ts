/** A batch of photographs as the network wants it. */
import { pickPixels, random, resizeBilinear, tf } from "../tensorflow";

/** The mean red, green and blue of the images that VGG and TF-Slim's ResNets were trained on. */
const MEANS = [123.68, 116.78, 103.94];

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
}

/**
 * Resizes images in their proportions, crops them and takes the VGG means off; images of the crop's size are only mirrored, if that
 * is drawn, and have their means taken off.
 * @param images  [batch, height, width, 3], float32 or int32, 0…255
 * @returns       float32 [batch, imageSize, imageSize, 3]; the caller disposes
 * @throws {TypeError} if the shape is another
 * @throws {RangeError} if the crop is larger than what it is cut from
 * @see TF-Slim vgg_preprocessing.py
 */
export function preprocessImages(images: tf.Tensor4D, options: PreprocessOptions = {}): tf.Tensor4D {
  const { resizeSide = 256, imageSize = 224, seed } = options;
  expectImages(images);
  if (imageSize > resizeSide) {
    throw new RangeError(
      `Cannot preprocess images: expected a crop of at most ${resizeSide} pixels, got ${imageSize}`,
    );
  }
  return tf.tidy(() => {
    const resized = resize(images, resizeSide, imageSize);
    const cropped =
      seed === undefined ? centralCrops(resized, imageSize) : randomCrops(resized, imageSize, seed);
    return cropped.sub<tf.Tensor4D>(tf.tensor1d(MEANS));
  });
}

function expectImages({ shape }: tf.Tensor): void {
  if (shape.length === 4 && shape[3] === 3) return;
  throw new TypeError(
    `Cannot preprocess images: expected [batch, height, width, 3], got [${shape.join(", ")}]`,
  );
}

function resize(images: tf.Tensor4D, resizeSide: number, imageSize: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  const shorter = Math.min(height, width);
  const isReady = (height === imageSize && width === imageSize) || shorter === resizeSide;
  if (isReady) return images.dtype === "float32" ? images : images.toFloat();
  const scaled = (side: number): number => Math.round((side * resizeSide) / shorter);
  return resizeBilinear(images, [scaled(height), scaled(width)]);
}

function centralCrops(images: tf.Tensor4D, side: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  const [top, left] = [Math.floor((height - side) / 2), Math.floor((width - side) / 2)];
  return images.slice([0, top, left, 0], [-1, side, side, -1]);
}

/** Each image's own rows and columns; of a mirrored one the columns from the right. */
function randomCrops(images: tf.Tensor4D, side: number, seed: tf.Tensor): tf.Tensor4D {
  const [batch, height, width] = images.shape;
  const [tops, lefts, coins] = tf.split(random.uniform([batch, 3], seed), 3, 1);
  if (tops === undefined || lefts === undefined || coins === undefined) return images;
  const place = (drawn: tf.Tensor, places: number): tf.Tensor => drawn.mul(places).floor().toInt(); // [b, 1]
  const ahead = tf.range(0, side, 1, "int32");
  const rows = place(tops, height - side + 1).add(ahead); // [b, side]
  const steps = tf.where(coins.less(0.5), ahead.reverse(), ahead);
  const columns = place(lefts, width - side + 1).add(steps);
  return pickPixels(images, rows, columns);
}
