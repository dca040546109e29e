/** Images to files. */
import { attr } from "../runtime/attributes";
import { bytesOf, castTo, executeOne } from "../trace/execute";
import { dataType, tf } from "../runtime/runtime";

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
  /** Whether colours are kept at half the height and width, as cameras do. @default true */
  readonly chromaDownsampling?: boolean;
}

/**
 * An image as a JPEG file.
 * @param image  [height, width, 1 | 3], 0…255; rounded and clipped
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shape is another
 */
export function encodeJpeg(image: tf.Tensor3D, options: JpegOptions = {}): Uint8Array {
  return onlyBytes(jpegContents(image, options));
}

/** Bytes as they are, other numbers as pixelsOf() makes them. */
function encodable(image: tf.Tensor): tf.Tensor {
  return dataType(image) === "uint8" ? image : pixelsOf(image);
}

/** As encodePng(), in the graph: a string scalar. */
export function pngContents(image: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    executeOne("EncodePng", [encodable(image)], { T: attr.type("uint8"), compression: attr.int(-1) }),
  );
}

/** As encodeJpeg(), in the graph: a string scalar. */
export function jpegContents(image: tf.Tensor, options: JpegOptions = {}): tf.Tensor {
  const { quality = 95, chromaDownsampling = true } = options;
  const attrs = { quality: attr.int(quality), chroma_downsampling: attr.bool(chromaDownsampling) };
  return tf.tidy(() => executeOne("EncodeJpeg", [encodable(image)], attrs));
}
