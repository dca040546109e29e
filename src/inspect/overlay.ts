import { tf } from "../tensorflow";
import { colorize, type Colormap } from "./colormap";
import { heatRanges } from "./heat";
import { evenly, maskOf, placeHeat, type Placement } from "./place";

/** Options of overlay(). */
export interface OverlayOptions {
  /** The weight of the colours; the image has the rest. @default 0.4 */
  readonly alpha?: number;
  /** @default "turbo" */
  readonly colormap?: Colormap;
  /**
   * Where the maps' cells are. "resize": spread evenly over the image, as others draw them.
   * @default "resize"; for showCam() where the cells look, which gradCam() tells
   */
  readonly placement?: Placement | "resize";
  /** Heat below it is not drawn: there the image is as it was. @default 0 */
  readonly threshold?: number;
  /** Heats, 0…1, at which a line is drawn, white within and black without; with alpha 0 lines alone. @default none */
  readonly contour?: readonly number[];
}

/** Lines are as many pixels wide as this goes into the image's longer side, so that they are seen on pages too. */
const LINES = 160;

/**
 * Heat maps drawn over their images.
 * @param images    [batch, height, width, 3], RGB, 0…255
 * @param heatmaps  float32 [batch, h, w], 0…1, of any size: between its cells heat is linear
 * @returns         float32 [batch, height, width, 3], RGB, 0…255; the caller disposes
 * @throws {TypeError} if the shapes do not fit
 * @throws {RangeError} if alpha, threshold, a contour or heat is not in 0…1, or places don't ascend
 */
export function overlay(
  images: tf.Tensor4D,
  heatmaps: tf.Tensor3D,
  options: OverlayOptions = {},
): tf.Tensor4D {
  const { alpha = 0.4, colormap = "turbo", threshold = 0, placement = "resize", contour = [] } = options;
  const [, height, width] = images.shape;
  heatRanges(images, heatmaps);
  for (const [name, shares] of Object.entries({ alpha: [alpha], threshold: [threshold], contour }))
    for (const share of shares)
      if (!(share >= 0 && share <= 1))
        throw new RangeError(`Cannot overlay heat maps: expected ${name} in 0…1, got ${share}`);
  return tf.tidy(() => {
    const where = placement === "resize" ? evenly(heatmaps.shape) : placement;
    const heat = placeHeat(heatmaps, where, [height, width]); // [b, height, width, 1]
    const colours = colorize(heat, colormap); // [b, height, width, 3]
    const mixed = tf.add<tf.Tensor4D>(tf.mul(images, 1 - alpha), tf.mul(colours, 255 * alpha));
    const hot = threshold === 0 ? mixed : tf.where(tf.greaterEqual(heat, threshold), mixed, images);
    const lined = contour.reduce((drawn, level) => drawLine(drawn, heat, level), hot);
    return where.seen === undefined
      ? lined
      : tf.where(maskOf(where.seen, [height, width]).cast("bool"), lined, images);
  });
}

/** A line around heat of a level: white on its side of the bound, black beyond. At the images' edges there is none. */
function drawLine(images: tf.Tensor4D, heat: tf.Tensor4D, level: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  const window = 2 * Math.max(1, Math.round(Math.max(height, width) / LINES)) + 1;
  const inside = tf.greaterEqual(heat, level).cast<tf.Tensor4D>("float32"); // [b, height, width, 1]
  const widest = (mask: tf.Tensor4D): tf.Tensor4D => tf.maxPool(mask, window, 1, "same");
  const outline = tf.greater(widest(inside), inside);
  const line = tf.greater(inside, tf.neg(widest(tf.neg(inside))));
  const black = tf.where<tf.Tensor4D>(outline, tf.zerosLike(images), images);
  return tf.where<tf.Tensor4D>(line, tf.fill(images.shape, 255), black);
}
