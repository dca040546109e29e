/** The pixels of a photo's file. */
import { readFile } from "node:fs/promises";
import { castTo, constant, decodePhoto, tf, TensorFlowError, turnImage, type DctMethod } from "../tensorflow";
import type { OrientOptions } from "./encoded";
import { codeOf } from "./errorcode";
import { STORED, turnOf } from "./exif";
import { cleaned } from "./reason";
import { formatOf } from "./format";
import { PhotoError } from "./photoerror";

/** Options of readImage(). */
export interface ReadImageOptions extends OrientOptions {
  /**
   * How JPEGs are decoded: "INTEGER_FAST" as TensorFlow and so TF-Slim do it; "INTEGER_ACCURATE" as Pillow, and so torchvision and timm,
   * to the bit.
   * @default "INTEGER_FAST"
   */
  readonly dctMethod?: DctMethod;
}

/**
 * A photo as writeRecords() takes it and createInputFn() decodes it: upright as its Exif says, RGB, without transparency; of an
 * animation the first frame.
 * @param file  path of a JPEG, PNG, GIF, BMP, WebP or JPEG XL, or what is in such a file
 * @returns     int32 [height, width, 3], 0…255; the caller disposes
 * @throws {PhotoError} if there is no such file, or none that can be decoded
 * @example showImage(await readImage("photos/hat/1.jpg"))
 */
export async function readImage(
  file: string | Uint8Array,
  options: ReadImageOptions = {},
): Promise<tf.Tensor3D> {
  const { orient = "exif", dctMethod = "INTEGER_FAST" } = options;
  const name = typeof file === "string" ? `"${file}"` : `of ${file.length} bytes`;
  const refuse = (reason: string, cause?: unknown): PhotoError => noPhoto(name, reason, cause);
  const contents = typeof file === "string" ? await contentsOf(file, refuse) : bufferOf(file);
  const format = formatOf(contents);
  if (typeof format === "object") throw refuse(format.reason);
  const { order, axes } = (orient === "exif" ? turnOf(contents, format) : undefined) ?? STORED;
  try {
    return tf.tidy(() => {
      const kind = format === "jpg" && dctMethod === "INTEGER_ACCURATE" ? "jpeg" : "other"; // the latter as records are
      const stored = decodePhoto(constant([contents], [], "string"), kind);
      const turned = turnImage(stored, constant(order, [3], "int32"), constant(axes, [axes.length], "int32"));
      return castTo(turned, "int32").as3D(...turned.shape);
    });
  } catch (error) {
    if (!(error instanceof TensorFlowError)) throw error;
    throw refuse(cleaned(error.reason), error);
  }
}

/** @param name  of the photo, e.g. "of 12 bytes" */
export function noPhoto(name: string, reason: string, cause?: unknown): PhotoError {
  return new PhotoError(`Cannot read image ${name}: expected a photo, got none: ${reason}`, { cause });
}

async function contentsOf(
  file: string,
  refuse: (reason: string, cause: unknown) => PhotoError,
): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw refuse(codeOf(error), error);
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
