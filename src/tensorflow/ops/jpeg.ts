/** JPEG files, and as little of them as is wanted. */
import { attr } from "../runtime/attributes";
import { castTo, constant, executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { branch } from "./branch";
import { encodeJpeg } from "./encode";
import { decodePhoto } from "./photo";
import { dynamicShape } from "./shape";
import { stringLengths } from "./strings";

/** By what JPEG itself can make a photo smaller while decoding it. */
export type JpegRatio = 1 | 2 | 4 | 8;

/**
 * How JPEGs are decoded: fast, as TensorFlow does it where nothing is said, and so TF-Slim; or to the bit as Pillow does it. Levels of
 * photos are apart by 1 in the mean, by 20 here and there.
 * @see tf.io.decode_jpeg's dct_method
 */
export type DctMethod = "INTEGER_FAST" | "INTEGER_ACCURATE";

/**
 * Whether a file begins as a JPEG.
 * @param contents  string scalar, the file
 * @returns         bool scalar, computed in the graph
 */
export function isJpeg(contents: tf.Tensor): tf.Tensor {
  return tf.tidy(() => equals(bytesAt(contents, tf.scalar(0, "int32"), 3), [0xff, 0xd8, 0xff]));
}

/** Whether a file ends as a JPEG does that is not cut. @returns bool scalar, computed in the graph */
export function endsAsJpeg(contents: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const at = stringLengths(contents).sub(tf.scalar(2, "int32")).maximum(tf.scalar(0, "int32"));
    return equals(bytesAt(contents, at, 2), [0xff, 0xd9]);
  });
}

function bytesAt(text: tf.Tensor, at: tf.Tensor, count: number): tf.Tensor {
  return executeOne("Substr", [text, at, tf.scalar(count, "int32")], { T: attr.type("int32") });
}

function equals(text: tf.Tensor, bytes: readonly number[]): tf.Tensor {
  return executeOne("Equal", [text, constant([Uint8Array.from(bytes)], [], "string")], {
    T: attr.type("string"),
  });
}

/** Height, width and channels of a JPEG file, told by its head. @returns int32 [3] */
export function jpegShape(contents: tf.Tensor): tf.Tensor1D {
  return executeOne("ExtractJpegShape", [contents], { output_type: attr.type("int32") }) as tf.Tensor1D;
}

/**
 * An image file's pixels as decodeImage() gives them, as bytes.
 * @returns uint8 [height, width, 3]
 */
export function decodePixels(contents: tf.Tensor, dctMethod: DctMethod = "INTEGER_FAST"): tf.Tensor3D {
  if (dctMethod === "INTEGER_ACCURATE")
    return branch(isJpeg(contents), [contents], {
      name: "decode_accurately",
      yes: (file) => decodePhoto(file, "jpeg"),
      no: (file) => decodePixels(file),
      examples: () => [exampleJpeg()],
    }) as tf.Tensor3D;
  const attrs = { channels: attr.int(3), dtype: attr.type("uint8"), expand_animations: attr.bool(false) };
  return executeOne("DecodeImage", [contents], attrs) as tf.Tensor3D;
}

/**
 * A part of a JPEG file's pixels. With subsampled colours, pixels at its edges that are not edges of the photo may be others than the
 * whole photo's; all others are the same.
 * @param window  int32 [4]: top, left, height and width, in pixels of the photo that is smaller by `ratio`
 * @param ratio   sides are divided by this, and rounded up
 * @returns       uint8 [height, width, 3]
 * @see tensorflow/core/lib/jpeg/jpeg_mem.cc; libjpeg-turbo's jpeg_crop_scanline()
 */
export function decodeJpegPart(
  contents: tf.Tensor,
  window: tf.Tensor,
  ratio: JpegRatio,
  dctMethod: DctMethod = "INTEGER_FAST",
): tf.Tensor3D {
  const attrs = { channels: attr.int(3), ratio: attr.int(ratio), dct_method: attr.string(dctMethod) };
  return executeOne("DecodeAndCropJpeg", [contents, window], attrs) as tf.Tensor3D;
}

/**
 * As decodeJpegPart(), from the addon's own decoder where the file is of a usual kind; that knows the colours at the window's edges.
 * @returns  uint8 [height, width, 3]
 */
export function decodeSmallJpegPart(contents: tf.Tensor, window: tf.Tensor, ratio: 4 | 8): tf.Tensor3D {
  return tf.tidy(() => {
    const pixels = ownJpegPart(contents, window, ratio);
    const isRead = dynamicShape(pixels).slice([0], [1]).asScalar().greater(tf.scalar(0, "int32"));
    return branch(isRead, [pixels, contents, window], {
      name: `decode_small_${ratio}`,
      yes: (read) => executeOne("Identity", [read], { T: attr.type("uint8") }),
      no: (_, file, part) => decodeJpegPart(file, part, ratio),
      examples: () => [
        tf.tidy(() => castTo(tf.zeros([1, 1, 3]), "uint8")),
        exampleJpeg(),
        tf.tensor1d([0, 0, 1, 1], "int32"),
      ],
    }) as tf.Tensor3D;
  });
}

/** As decodeSmallJpegPart(); [0, 0, 3] of a file that is of another kind, cut or damaged. */
export function ownJpegPart(contents: tf.Tensor, window: tf.Tensor, ratio: 4 | 8): tf.Tensor3D {
  return executeOne("SlimlabJpegPart", [contents, window], { ratio: attr.int(ratio) }) as tf.Tensor3D;
}

/** A file of one pixel, that functions can be recorded with. @returns string scalar */
export function exampleJpeg(): tf.Tensor {
  return tf.tidy(() => constant([encodeJpeg(tf.zeros([1, 1, 3]))], [], "string"));
}
