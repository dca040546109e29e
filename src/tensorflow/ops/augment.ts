/** Photos changed as Pillow changes them, several changes in one operation of the addon. */
import { attr } from "../runtime/attributes";
import { dataType, tf } from "../runtime/runtime";
import { executeOne } from "../trace/execute";

/** What can be done to a photo, in the addon's order. */
const CHANGES = [
  "identity",
  "shearX",
  "shearY",
  "translateX",
  "translateY",
  "rotate",
  "brightness",
  "color",
  "contrast",
  "sharpness",
  "posterize",
  "solarize",
  "autocontrast",
  "equalize",
  "invert",
  "grayscale",
  "affine",
  "perspective",
  "gaussianBlur",
  "erase",
] as const;

/** The name of a change. */
export type ChangeName = (typeof CHANGES)[number];

/** How many numbers say how a photo is changed, at most. */
export const AMOUNTS = 8;

/** The number of a change, as augmentPixels() takes it. */
export function changeNumber(name: ChangeName): number {
  return CHANGES.indexOf(name);
}

/** How pixels are taken from elsewhere. */
export interface SamplingOptions {
  /** "bilinear" mixes the four around a place. @default "nearest" */
  readonly interpolation?: "nearest" | "bilinear";
  /** Red, green and blue, 0…255, where the photo has nothing. @default [0, 0, 0] */
  readonly fill?: readonly [number, number, number];
}

/**
 * A photo after several changes.
 * @param image    [height, width, 3], uint8, int32 or float32, 0…255, which is rounded first
 * @param changes  int32 [n], of changeNumber()
 * @param amounts  float32 [n, 8]: what each change takes, the rest is not heeded
 * @returns        float32 [height, width, 3], whole numbers 0…255
 * @throws {TensorFlowError} INVALID_ARGUMENT if the pixels are others, or the amounts make no change of this image
 * @see Pillow 13 Geometry.c, Blend.c, ImageOps.py, ImageEnhance.py
 */
export function augmentPixels(
  image: tf.Tensor,
  changes: tf.Tensor,
  amounts: tf.Tensor,
  options: SamplingOptions = {},
): tf.Tensor3D {
  const { interpolation = "nearest", fill = [0, 0, 0] } = options;
  return executeOne("SlimlabAugment", [image, changes, amounts], {
    T: attr.type(dataType(image)),
    fill: attr.floats(fill),
    bilinear: attr.bool(interpolation === "bilinear"),
  }) as tf.Tensor3D;
}

/** Each of a batch replaced by the one before it, the first by the last. @param batch  [batch, …], any type */
export function rollBatch(batch: tf.Tensor): tf.Tensor {
  const int32 = attr.type("int32");
  return tf.tidy(() =>
    executeOne("Roll", [batch, tf.scalar(1, "int32"), tf.scalar(0, "int32")], {
      T: attr.type(dataType(batch)),
      Tshift: int32,
      Taxis: int32,
    }),
  );
}
