/** Images to bytes. */
import { attr } from "../attributes";
import { bytesOf, castTo, execute } from "../execute";
import { tf } from "../runtime";

/**
 * An image as a PNG file.
 * @param image  [height, width, 1 | 3 | 4], 0…255; rounded and clipped
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shape is another
 */
export function encodePng(image: tf.Tensor3D): Uint8Array {
  const scope = tf.engine();
  scope.startScope("encodePng");
  try {
    const pixels = castTo(tf.clipByValue(tf.round(castTo(image, "float32")), 0, 255), "uint8");
    const [png] = execute("EncodePng", [pixels], { T: attr.type("uint8"), compression: attr.int(-1) });
    const [bytes] = png === undefined ? [] : bytesOf(png);
    if (bytes === undefined) throw new TypeError("Cannot encode PNG: expected bytes, got none");
    return bytes;
  } finally {
    scope.endScope();
  }
}
