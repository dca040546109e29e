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
}

/**
 * Heat maps drawn over their images.
 * @param images    [batch, height, width, 3], RGB, 0…255
 * @param heatmaps  float32 [batch, h, w], 0…1, of any size: between its cells heat is linear
 * @returns         float32 [batch, height, width, 3], RGB, 0…255; the caller disposes
 * @throws {TypeError} if the shapes do not fit
 * @throws {RangeError} if alpha, threshold or heat is not in 0…1, or places don't ascend
 */
export function overlay(
  images: tf.Tensor4D,
  heatmaps: tf.Tensor3D,
  options: OverlayOptions = {},
): tf.Tensor4D {
  const { alpha = 0.4, colormap = "turbo", threshold = 0, placement = "resize" } = options;
  const [, height, width] = images.shape;
  heatRanges(images, heatmaps);
  for (const [name, share] of Object.entries({ alpha, threshold }))
    if (!(share >= 0 && share <= 1))
      throw new RangeError(`Cannot overlay heat maps: expected ${name} in 0…1, got ${share}`);
  return tf.tidy(() => {
    const where = placement === "resize" ? evenly(heatmaps.shape) : placement;
    const heat = placeHeat(heatmaps, where, [height, width]); // [b, height, width, 1]
    const colours = colorize(heat, colormap); // [b, height, width, 3]
    const mixed = tf.add<tf.Tensor4D>(tf.mul(images, 1 - alpha), tf.mul(colours, 255 * alpha));
    const hot = threshold === 0 ? mixed : tf.where(tf.greaterEqual(heat, threshold), mixed, images);
    return where.seen === undefined
      ? hot
      : tf.where(maskOf(where.seen, [height, width]).cast("bool"), hot, images);
  });
}
