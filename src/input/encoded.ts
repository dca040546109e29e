/** Image files as records keep them: encoded, checked, and made smaller if asked for. */
import { readFile } from "node:fs/promises";
import {
  bytesOf,
  castTo,
  constant,
  decodeImage,
  dynamicShape,
  encodePng,
  executeAsync,
  jpegContents,
  recordFunction,
  shrinkImage,
  tf,
  TensorFlowError,
} from "../tensorflow";
import { cleaned } from "./failure";

/** An image file that can be decoded. */
export interface EncodedImage {
  readonly contents: Uint8Array;
  /** As TF-Slim's records name it. */
  readonly format: "jpg" | "png" | "bmp" | "gif";
  readonly height: number;
  readonly width: number;
}

/** A file that is no image, or a damaged one. */
export interface BadImage {
  readonly file: string;
  readonly reason: string;
}

/** Reads image files, several at once. */
export interface ImageReader {
  /** The image, or why it is none; never rejects. */
  read(file: string): Promise<EncodedImage | BadImage>;
  /** Frees what it holds of TensorFlow; not while it reads. */
  dispose(): void;
}

/** The first bytes of each format. */
const SIGNATURES: readonly (readonly [EncodedImage["format"], readonly number[]])[] = [
  ["jpg", [0xff, 0xd8, 0xff]],
  ["png", [0x89, 0x50, 0x4e, 0x47]],
  ["gif", [0x47, 0x49, 0x46, 0x38]],
  ["bmp", [0x42, 0x4d]],
];

/**
 * Makes a reader of image files. The caller disposes it.
 * @param resizeSide  images whose shorter side is longer become JPEGs whose shorter side is this long
 */
export function createImageReader(resizeSide?: number): ImageReader {
  const inspection = recordInspection(resizeSide);
  return {
    dispose: () => inspection.dispose(),
    async read(file) {
      const bad = (reason: string): BadImage => ({ file, reason });
      try {
        const contents = await readFile(file);
        if (contents.length === 0) return bad("the file is empty");
        const format = formatOf(contents);
        if (format === undefined) return bad("it is neither JPEG, PNG, BMP nor GIF");
        return { contents, format, ...(await inspection.of(contents)) };
      } catch (error) {
        return bad(reasonOf(error));
      }
    },
  };
}

interface Inspection {
  /** The size of an encoded image and, if it was too large, what to keep instead. */
  of(contents: Uint8Array): Promise<Pick<EncodedImage, "height" | "width"> & Partial<EncodedImage>>;
  dispose(): void;
}

/** Decodes, and shrinks if asked for, in one call off the main thread. */
function recordInspection(resizeSide: number | undefined): Inspection {
  const pixel = tf.tidy(() => constant([encodePng(tf.zeros([1, 1, 3]))], [], "string"));
  const fn = recordFunction(
    (contents) => {
      const image = decodeImage(contents);
      if (resizeSide === undefined) return [dynamicShape(image)];
      const small = shrink(image, resizeSide);
      return [dynamicShape(image), dynamicShape(small), jpegContents(small)];
    },
    [pixel],
    "inspectImage",
  );
  pixel.dispose();
  return {
    dispose: () => fn.dispose(),
    async of(contents) {
      const input = constant([contents], [], "string");
      const running = executeAsync(fn.name, [input, ...fn.captures], {}, fn.outputTypes.length);
      input.dispose();
      const outputs = await running;
      try {
        const [shape, smallShape, smaller] = outputs;
        const [height = 0, width = 0] = shape?.dataSync() ?? [];
        const [smallHeight = height, smallWidth = width] = smallShape?.dataSync() ?? [];
        const [kept] = smaller === undefined || smallHeight === height ? [] : bytesOf(smaller);
        if (kept === undefined) return { height, width };
        return { height: smallHeight, width: smallWidth, contents: kept, format: "jpg" };
      } finally {
        tf.dispose(outputs);
      }
    },
  };
}

function shrink(image: tf.Tensor3D, resizeSide: number): tf.Tensor3D {
  const sides = castTo(dynamicShape(image).slice([0], [2]), "float32");
  const scale = tf.minimum(tf.scalar(resizeSide).div(sides.min()), 1);
  return shrinkImage(image, castTo(sides.mul(scale).round(), "int32"));
}

function formatOf(contents: Uint8Array): EncodedImage["format"] | undefined {
  return SIGNATURES.find(([, bytes]) => bytes.every((byte, i) => contents[i] === byte))?.[0];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const reason = error instanceof TensorFlowError ? cleaned(error.reason) : error.message;
  return reason.split("\n", 1)[0] ?? reason;
}
