/** Whether images hold the pixels that are expected: wrong ones make a network poor and raise no error. */
import { brightest, type Preprocessing } from "./normalization";
import { firstNotFinite, tf, unrecorded } from "../tensorflow";

/** Which pixels images may hold: those of photographs, or any. */
export type Pixels = (typeof PIXELS)[number];

/** All there is of these. */
export const PIXELS = ["0-255", "any"] as const;

/** Rounding of float32, far from what another normalization gives. */
const SLACK = 0.5;
const SLACK_SHARE = 0.005;

/**
 * Refuses images that were normalized already, or not to 0…255. While a function is recorded it sees the batch that it is
 * recorded with, and leaves nothing in the recording.
 * @param images  float32 or int32; an all-black batch and one of 0 and 1 alone are right
 * @throws {RangeError} if a value is below 0, above 255 or NaN, or all are fractions of 1
 */
export function expectPixels(images: tf.Tensor, pixels: Pixels = "0-255"): void {
  if (pixels === "any") return;
  const range = rangeOf(images);
  const got = isScaled(images, range) ? textOf(range) : outside(range);
  if (got === undefined) return;
  throw new RangeError(
    `Cannot preprocess images: expected pixels in 0…255, got ${got}: leave scaling and means to the model (no means, no division by 255 before it), or create it with pixels: "any"`,
  );
}

/**
 * What of images can't be shown, as a text; undefined if all of it can.
 * @param images  float32 or int32, to be in 0…255
 */
export function outsidePixels(images: tf.Tensor): string | undefined {
  return outside(rangeOf(images));
}

/**
 * Refuses images that were not preprocessed, or are none.
 * @throws {TypeError} if there are none, or they are not [batch, height, width, 3]
 * @throws {RangeError} if a value is larger than Model.preprocess() gives, or not finite: a ReLU makes 0 of NaN, which looks like an answer
 */
export function expectPreprocessed(
  what: string,
  images: tf.Tensor,
  { pixels, preprocessing }: { readonly pixels: Pixels; readonly preprocessing: Preprocessing },
): void {
  const most = brightest(preprocessing);
  if (images.shape.length !== 4 || images.shape[3] !== 3 || images.size === 0)
    throw new TypeError(
      `Cannot ${what}: expected one or more, [batch, height, width, 3], got [${images.shape.join(", ")}]`,
    );
  const range = rangeOf(images);
  if (range.hasNaN || !Number.isFinite(range.high - range.low))
    throw new RangeError(
      `Cannot ${what}: expected finite pixels, got others in image ${unrecorded(() => firstNotFinite(images))}`,
    );
  if (pixels === "any" || range.high <= most * (1 + SLACK_SHARE)) return;
  throw new RangeError(
    `Cannot ${what}: expected images as model.preprocess() gives them, at most ${textOfNumber(most)}, got ${textOf(range)}: preprocess them first, or create the model with pixels: "any"`,
  );
}

/** Values that no recording sees. */
function reading(read: () => ArrayLike<number>): ArrayLike<number> {
  return unrecorded(() => {
    const scope = tf.engine();
    scope.startScope("pixels");
    try {
      return read();
    } finally {
      scope.endScope();
    }
  });
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly hasNaN: boolean;
}

function rangeOf(images: tf.Tensor): Range {
  if (images.size === 0) return { low: 0, high: 0, hasNaN: false };
  const read = (): ArrayLike<number> => {
    const hasNaN = images.dtype === "float32" ? images.isNaN().any().toFloat() : tf.scalar(0);
    return tf.stack([images.min().toFloat(), images.max().toFloat(), hasNaN]).dataSync();
  };
  const { 0: low = NaN, 1: high = NaN, 2: hasNaN = 1 } = reading(read);
  return { low, high, hasNaN: hasNaN === 1 };
}

function outside(range: Range): string | undefined {
  const { low, high, hasNaN } = range;
  return hasNaN || low < -SLACK || high > 255 + SLACK ? textOf(range) : undefined;
}

/** Whether they are in 0…1, where pixels of a photograph are whole numbers. */
function isScaled(images: tf.Tensor, { low, high }: Range): boolean {
  if (images.dtype !== "float32" || low < -SLACK || high > 1.5 || (low === 0 && high === 0)) return false;
  const read = (): ArrayLike<number> => images.floor().notEqual(images).any().dataSync();
  return reading(read)[0] === 1;
}

function textOf({ low, high, hasNaN }: Range): string {
  return hasNaN ? "NaN" : `values from ${textOfNumber(low)} to ${textOfNumber(high)}`;
}

const textOfNumber = (value: number): string => String(Number(value.toPrecision(4)));
