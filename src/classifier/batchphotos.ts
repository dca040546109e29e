/** Photos' files made what a network takes, off the main thread. */
import { PhotoTooLargeError, preprocessForEval } from "../input";
import { dctMethodOf } from "../input/cut";
import { run } from "../input/encoded";
import { STORED, turnOf, type Turn } from "../input/exif";
import { formatOf, type ImageFormat } from "../input/format";
import { withOrigin } from "../input/origin";
import { noPhoto } from "../input/photo";
import { pixelCountOf } from "../input/pixelcount";
import { cleaned } from "../input/reason";
import {
  constant,
  decodePhoto,
  decodePixels,
  encodePng,
  recordFunction,
  type RecordedFunction,
  tf,
  TensorFlowError,
  turnImage,
} from "../tensorflow";
import type { PhotoSize } from "../model/preprocessing";

/** A photo's file as it was given. */
export interface GivenPhoto {
  /** What errors call it: "of 12 bytes" or its name in quotes. */
  readonly called: string;
  readonly contents: Buffer;
}

/** A file that begins as a photo does. */
export interface KnownPhoto extends GivenPhoto {
  readonly format: ImageFormat;
  readonly turn: Turn;
  /** How many decoding makes. */
  readonly pixels: number;
}

/**
 * What a file's first bytes tell.
 * @throws {PhotoTooLargeError} if it has more pixels than that
 * @throws {PhotoError} if it is of no kind that is read, or does not tell its size
 */
export function knownPhoto({ called, contents }: GivenPhoto, maxPixels: number): KnownPhoto {
  const format = formatOf(contents);
  if (typeof format === "object") throw noPhoto(called, format.reason);
  const pixels = pixelCountOf(contents, format);
  if (pixels === undefined) throw noPhoto(called, `its header, a ${format} file's, is damaged or cut off`);
  if (pixels > maxPixels)
    throw new PhotoTooLargeError(
      `Cannot read image ${called}: expected at most ${maxPixels} pixels, got ${pixels}`,
    );
  return { called, contents, format, turn: turnOf(contents, format) ?? STORED, pixels };
}

/** Decodes photos, several at once. */
export interface PhotoDecoder {
  /**
   * Upright, resized and cropped as predict() has it: float32 [size, size, 3], 0…255; the caller disposes.
   * @throws {PhotoError} if the file is damaged
   */
  decode(photo: KnownPhoto): Promise<tf.Tensor3D>;
  /** Not while it decodes. */
  dispose(): void;
}

/** Records what decodes; the caller disposes. */
export function createPhotoDecoder(sizes: PhotoSize): PhotoDecoder {
  const { size } = sizes;
  const functions = {
    upright: recordDecoder("upright", sizes),
    plain: recordDecoder("plain", sizes),
    any: recordDecoder("any", sizes),
  };
  return {
    async decode(photo) {
      const { called, contents, turn } = photo;
      try {
        const [image] = await run(functions[kindOf(photo)], [
          constant([contents], [], "string"),
          constant(turn.order, [3], "int32"),
          constant(turn.axes, [turn.axes.length], "int32"),
        ]);
        if (image === undefined) throw new Error(`Cannot decode image ${called}: expected pixels, got none`);
        const fitted = image.as3D(size, size, 3); // the recording's shape is open
        image.dispose();
        return fitted;
      } catch (error) {
        if (!(error instanceof TensorFlowError)) throw error;
        throw noPhoto(called, cleaned(error.reason), error);
      }
    },
    dispose: () => Object.values(functions).forEach((fn) => fn.dispose()),
  };
}

/** What needs less: files whose colours TensorFlow itself makes three, and of those the ones that lie as they are seen. */
type Kind = "upright" | "plain" | "any";

function kindOf({ format, turn }: KnownPhoto): Kind {
  if (format !== "jpg" && format !== "png") return "any";
  return turn === STORED ? "upright" : "plain";
}

/** A file's pixels as readImage() decodes them and predict() fits them, in one call. */
function recordDecoder(kind: Kind, sizes: PhotoSize): RecordedFunction {
  const pixel = tf.zeros<tf.Rank.R3>([1, 1, 3]);
  const example = [
    constant([encodePng(pixel)], [], "string"),
    constant(STORED.order, [3], "int32"),
    constant([0], [1], "int32"),
  ];
  const imageOf = (file: tf.Tensor, order: tf.Tensor, axes: tf.Tensor): tf.Tensor3D => {
    if (kind === "upright") return withOrigin(decodePixels(file), { contents: file, decode: "exact" });
    return turnImage(
      kind === "plain" ? decodePixels(file, dctMethodOf(sizes.interpolation)) : decodePhoto(file, "other"),
      order,
      axes,
    );
  };
  try {
    return recordFunction(
      (file, order, axes) => [preprocessForEval(imageOf(file, order, axes), sizes)],
      example,
      `decode_${kind}`,
    );
  } finally {
    tf.dispose([pixel, ...example]);
  }
}
