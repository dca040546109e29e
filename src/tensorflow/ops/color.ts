/** Colours of images, changed by amounts computed in the graph. */
import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import type { tf } from "../runtime/runtime";

const T = { T: attr.type("float32") };

/**
 * Each channel drawn away from its mean over the image, or towards it.
 * @param image   float32 [height, width, 3]
 * @param factor  float32 scalar; 1 changes nothing, 0 leaves the mean
 * @see tf.image.adjust_contrast
 */
export function adjustContrast(image: tf.Tensor3D, factor: tf.Tensor): tf.Tensor3D {
  return executeOne("AdjustContrastv2", [image, factor], T) as tf.Tensor3D;
}

/**
 * Colours turned on the colour wheel.
 * @param image  float32 [height, width, 3], RGB of any scale from 0
 * @param delta  float32 scalar, -1…1; ±1 is once around
 * @see tf.image.adjust_hue
 */
export function adjustHue(image: tf.Tensor3D, delta: tf.Tensor): tf.Tensor3D {
  return executeOne("AdjustHue", [image, delta], T) as tf.Tensor3D;
}

/**
 * Colours made stronger or paler.
 * @param image  float32 [height, width, 3], RGB of any scale from 0
 * @param scale  float32 scalar; 1 changes nothing, 0 leaves grey
 * @see tf.image.adjust_saturation
 */
export function adjustSaturation(image: tf.Tensor3D, scale: tf.Tensor): tf.Tensor3D {
  return executeOne("AdjustSaturation", [image, scale], T) as tf.Tensor3D;
}
