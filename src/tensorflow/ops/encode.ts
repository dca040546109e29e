/** Images to files. */
import { attr } from "../attributes";
import { bytesOf, castTo, executeOne } from "../execute";
import { tf } from "../runtime";

/** Pixels of any number type as the bytes that files hold: rounded and clipped. */
export function pixelsOf(image: tf.Tensor): tf.Tensor {
  return castTo(tf.clipByValue(tf.round(castTo(image, "float32")), 0, 255), "uint8");
}

function onlyBytes(contents: tf.Tensor): Uint8Array {
  const [bytes] = bytesOf(contents);
  contents.dispose();
  if (bytes === undefined) throw new TypeError("Cannot encode image: expected bytes, got none");
  return bytes;
}

/**
 * An image as a PNG file.
 * @param image  [height, width, 1 | 3 | 4], 0…255; rounded and clipped
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shape is another
 */
export function encodePng(image: tf.Tensor3D): Uint8Array {
  return onlyBytes(pngContents(image));
}

/** Options of encodeJpeg(). */
export interface JpegOptions {
  /** 0…100. @default 95 */
  readonly quality?: number;
}

/**
 * An image as a JPEG file.
 * @param image  [height, width, 1 | 3], 0…255; rounded and clipped
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shape is another
 */
export function encodeJpeg(image: tf.Tensor3D, options: JpegOptions = {}): Uint8Array {
  return onlyBytes(jpegContents(image, options));
}

/** As encodePng(), in the graph: a string scalar. */
export function pngContents(image: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    executeOne("EncodePng", [pixelsOf(image)], { T: attr.type("uint8"), compression: attr.int(-1) }),
  );
}

/** As encodeJpeg(), in the graph: a string scalar. */
export function jpegContents(image: tf.Tensor, options: JpegOptions = {}): tf.Tensor {
  const { quality = 95 } = options;
  return tf.tidy(() => executeOne("EncodeJpeg", [pixelsOf(image)], { quality: attr.int(quality) }));
}
