/** Images mirrored left to right, or not. */
import { mirror, random, select, tf } from "../tensorflow";

/** Whether an image is mirrored: bool scalar, with equal chances. @param seed int32 [2] */
export function drawFlip(seed: tf.Tensor): tf.Tensor {
  return tf.tidy(() => random.uniform([], seed).less(0.5));
}

/** @param mirrored  bool scalar; undefined: it is not */
export function mirrorIf(mirrored: tf.Tensor | undefined, image: tf.Tensor3D): tf.Tensor3D {
  if (mirrored === undefined) return image;
  return tf.tidy(() => select(mirrored, mirror(image), image));
}
