/** Images: files to pixels, other sizes, parts of them. Everything holds in recordings for images of any size. */
import { attr } from "../runtime/attributes";
import { castTo, execute, executeOne } from "../trace/execute";
import { dataType, tf } from "../runtime/runtime";
import { dynamicSlice, insertAxis, removeAxes } from "./shape";

/** Options of the decoders. */
export interface DecodeOptions {
  /** Colour channels: 3 for RGB, 1 for grey, 4 for RGBA, 0 for as many as the file has. @default 3 */
  readonly channels?: 0 | 1 | 3 | 4;
  /** The type of the numbers, which are 0…255 in both. @default "int32" */
  readonly dtype?: "int32" | "float32";
}

function decode(op: string, contents: tf.Tensor, options: DecodeOptions, attrs = {}): tf.Tensor {
  const { channels = 3, dtype = "int32" } = options;
  return tf.tidy(() => castTo(executeOne(op, [contents], { channels: attr.int(channels), ...attrs }), dtype));
}

/**
 * The pixels of an image file: JPEG, PNG, BMP, WebP, JPEG XL, or the first frame of a GIF, told by its first bytes; as they are
 * stored, whatever Exif says of turning them. A palette or masks of a BMP are not heeded.
 * @param contents  string scalar, the file
 * @returns         [height, width, channels], 0…255; the caller disposes
 * @throws {TensorFlowError} INVALID_ARGUMENT if it is no such file, or a damaged one; also a WebP or JPEG XL that has not just as
 * many channels as are asked for, e.g. transparency: decodePhoto() takes these
 */
export function decodeImage(contents: tf.Tensor, options: DecodeOptions = {}): tf.Tensor3D {
  const attrs = { dtype: attr.type("uint8"), expand_animations: attr.bool(false) };
  return decode("DecodeImage", contents, options, attrs) as tf.Tensor3D;
}

/**
 * The pixels of a JPEG file.
 * @param contents  string scalar, the file
 * @returns         [height, width, channels], 0…255; the caller disposes
 * @throws {TensorFlowError} INVALID_ARGUMENT if it cannot be decoded
 */
export function decodeJpeg(contents: tf.Tensor, options: DecodeOptions = {}): tf.Tensor3D {
  return decode("DecodeJpeg", contents, options) as tf.Tensor3D;
}

/**
 * The pixels of a PNG file. See decodeJpeg().
 * @returns [height, width, channels], 0…255; the caller disposes
 */
export function decodePng(contents: tf.Tensor, options: DecodeOptions = {}): tf.Tensor3D {
  return decode("DecodePng", contents, options, { dtype: attr.type("uint8") }) as tf.Tensor3D;
}

/**
 * The pixels of a BMP file, which must have as many channels as are asked for. See decodeJpeg().
 * @returns [height, width, channels], 0…255; the caller disposes
 */
export function decodeBmp(contents: tf.Tensor, options: DecodeOptions = {}): tf.Tensor3D {
  return decode("DecodeBmp", contents, options) as tf.Tensor3D;
}

/**
 * The pixels of all frames of a GIF file, always RGB.
 * @returns [frames, height, width, 3], 0…255; the caller disposes
 */
export function decodeGif(contents: tf.Tensor, options: Pick<DecodeOptions, "dtype"> = {}): tf.Tensor4D {
  const { dtype = "int32" } = options;
  return tf.tidy(() => castTo(executeOne("DecodeGif", [contents]), dtype) as tf.Tensor4D);
}

/** Options of resizeBilinear(). */
export interface ResizeOptions {
  /** Whether the corner pixels of both sizes lie on each other. @default false */
  readonly alignCorners?: boolean;
  /** Whether pixels are areas rather than points, as in TensorFlow 2 (tf.image.resize). @default false (TF-Slim) */
  readonly halfPixelCenters?: boolean;
}

/**
 * Images in another size, by bilinear interpolation; nothing is rounded, and nothing smoothed before shrinking.
 * @param images  [batch, height, width, channels], any number type
 * @param size    [height, width], or int32 [2] computed in the graph
 * @returns       float32 [batch, height, width, channels]; the caller disposes
 * @see tf.compat.v1.image.resize_bilinear
 */
export function resizeBilinear(
  images: tf.Tensor,
  size: readonly [number, number] | tf.Tensor,
  options: ResizeOptions = {},
): tf.Tensor4D {
  const { alignCorners = false, halfPixelCenters = false } = options;
  return tf.tidy(() => {
    const sizes = size instanceof tf.Tensor ? size : tf.tensor1d([...(size as [number, number])], "int32");
    return executeOne("ResizeBilinear", [images, sizes], {
      T: attr.type(dataType(images)),
      align_corners: attr.bool(alignCorners),
      half_pixel_centers: attr.bool(halfPixelCenters),
    }) as tf.Tensor4D;
  });
}

/**
 * An image in a smaller size, each pixel the mean of those that it covers, as for pictures that are kept small.
 * @param image  [height, width, channels], any number type
 * @param size   int32 [2]: height, width
 * @returns      float32 [height, width, channels]
 * @see tf.compat.v1.image.resize_area
 */
export function shrinkImage(image: tf.Tensor, size: tf.Tensor): tf.Tensor3D {
  return tf.tidy(() => {
    const attrs = { T: attr.type(dataType(image)), align_corners: attr.bool(false) };
    return removeAxes(executeOne("ResizeArea", [insertAxis(image, 0), size], attrs), [0]) as tf.Tensor3D;
  });
}

/** One image in another size. See resizeBilinear(). */
export function resizeImage(
  image: tf.Tensor,
  size: readonly [number, number] | tf.Tensor,
  options: ResizeOptions = {},
): tf.Tensor3D {
  return tf.tidy(() => removeAxes(resizeBilinear(insertAxis(image, 0), size, options), [0]) as tf.Tensor3D);
}

/**
 * A part of an image.
 * @param image  [height, width, channels], any type
 * @param begin  int32 [3]: top, left, first channel
 * @param size   int32 [3]: height, width, channels; -1 for all that are left
 */
export function sliceImage(image: tf.Tensor, begin: tf.Tensor, size: tf.Tensor): tf.Tensor3D {
  return dynamicSlice(image, begin, size) as tf.Tensor3D;
}

/**
 * An image mirrored left to right.
 * @param image  [height, width, channels], any type
 */
export function mirror(image: tf.Tensor): tf.Tensor3D {
  return tf.tidy(() => {
    const attrs = { T: attr.type(dataType(image)), Tidx: attr.type("int32") };
    return executeOne("ReverseV2", [image, tf.tensor1d([1], "int32")], attrs) as tf.Tensor3D;
  });
}

/**
 * One of two tensors, by a condition computed in the graph; both are computed.
 * @param condition  bool scalar
 */
export function select<T extends tf.Tensor>(condition: tf.Tensor, yes: T, no: T): T {
  return executeOne("SelectV2", [condition, yes, no], { T: attr.type(dataType(yes)) }) as T;
}

/** A random part of an image. */
export interface RandomBox {
  /** int32 [3]: top, left, 0 */
  readonly begin: tf.Tensor1D;
  /** int32 [3]: height, width, -1 for all channels */
  readonly size: tf.Tensor1D;
}

/** Options of randomBox(). */
export interface RandomBoxOptions {
  /** Least and greatest share of the image. @default [0.05, 1] (TF-Slim inception_preprocessing) */
  readonly areaRange?: readonly [number, number];
  /** Least and greatest width / height. @default [3/4, 4/3] */
  readonly aspectRatioRange?: readonly [number, number];
  /** How much of the object, here the whole image, must be inside. @default 0.1 */
  readonly minObjectCovered?: number;
  /** Tries before it gives the whole image. @default 100 */
  readonly maxAttempts?: number;
}

/**
 * A random box inside an image, of random area and aspect ratio; the same seed gives the same box.
 * @param imageShape  int32 [3]: height, width, channels
 * @param seed        int32 [2]
 * @see tf.image.stateless_sample_distorted_bounding_box
 */
export function randomBox(imageShape: tf.Tensor, seed: tf.Tensor, options: RandomBoxOptions = {}): RandomBox {
  const { areaRange = [0.05, 1], aspectRatioRange = [3 / 4, 4 / 3] } = options;
  const { minObjectCovered = 0.1, maxAttempts = 100 } = options;
  const scope = tf.engine();
  scope.startScope("randomBox");
  const whole = tf.tensor3d([0, 0, 1, 1], [1, 1, 4]);
  const inputs = [imageShape, whole, tf.scalar(minObjectCovered), seed];
  const attrs = {
    T: attr.type("int32"),
    Tseed: attr.type("int32"),
    aspect_ratio_range: attr.floats(aspectRatioRange),
    area_range: attr.floats(areaRange),
    max_attempts: attr.int(maxAttempts),
    use_image_if_no_bounding_boxes: attr.bool(true),
  };
  const outputs = execute("StatelessSampleDistortedBoundingBox", inputs, attrs, 3);
  const [begin, size] = outputs as [tf.Tensor1D, tf.Tensor1D, tf.Tensor];
  scope.endScope([begin, size]);
  return { begin, size };
}
