/** Photos small enough to be kept all and shown many at once. */
import { castTo, constant, decodeJpeg, encodeJpeg, shrinkImage, tf } from "../tensorflow";

/** A little photo takes about 2 KB. */
const QUALITY = 80;

/**
 * The photos of a batch as JPEG files.
 * @param images  [batch, height, width, 3], 0…255
 * @param side    pixels of the longer side at most
 */
export function thumbnailsOf(images: tf.Tensor4D, side: number): Uint8Array[] {
  const [, height, width] = images.shape;
  const scale = Math.min(1, side / Math.max(height, width));
  const size = [height, width].map((length) => Math.max(1, Math.round(length * scale)));
  const scope = tf.engine();
  scope.startScope("thumbnails");
  try {
    const sizes = tf.tensor1d(size, "int32");
    return tf.unstack(images).map((image) => encodeJpeg(shrinkImage(image, sizes), { quality: QUALITY }));
  } finally {
    scope.endScope();
  }
}

/**
 * Little photos as a batch, smaller ones on white.
 * @returns  float32 [files, height, width, 3], 0…255; the caller disposes
 */
export function readThumbnails(files: readonly Uint8Array[]): tf.Tensor4D {
  return tf.tidy(() => {
    const images = files.map((file) => castTo(decodeJpeg(constant([file], [], "string")), "float32"));
    const [height, width] = [0, 1].map((axis) => Math.max(...images.map(({ shape }) => shape[axis] ?? 0)));
    const padded = images.map((image) => padTo(image, height ?? 0, width ?? 0));
    return tf.stack(padded).as4D(files.length, height ?? 0, width ?? 0, 3);
  });
}

function padTo(image: tf.Tensor, height: number, width: number): tf.Tensor {
  const [h = 0, w = 0] = image.shape;
  return tf.pad(image, [[0, height - h], [0, width - w], [0, 0]], 255); // prettier-ignore
}
