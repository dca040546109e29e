/** Image files as records keep them: encoded, checked, upright, and made smaller if asked for. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  bytesOf,
  castTo,
  constant,
  decodeImage,
  decodePhoto,
  dynamicShape,
  encodeJpeg,
  encodePng,
  executeAsync,
  jpegContents,
  pngContents,
  recordFunction,
  type RecordedFunction,
  shrinkImage,
  tf,
  TensorFlowError,
  turnImage,
} from "../tensorflow";
import { sidesOf } from "./sides";
import { STORED, type Turn, turnOf } from "./exif";
import { reasonOf } from "./reason";
import { formatOf, type ImageFormat } from "./format";

/** An image file that can be decoded. */
export interface EncodedImage {
  readonly contents: Uint8Array;
  /** As TF-Slim's records name it. */
  readonly format: ImageFormat;
  readonly height: number;
  readonly width: number;
  /** Whether the file's Exif said that it lay on its side, and it does no more. */
  readonly isTurned: boolean;
  /** Whether the contents are others than the file's. */
  readonly isReencoded: boolean;
  /** A hash of the file. */
  readonly digest: string;
}

/** A file that is no image, or a damaged one. */
export interface BadImage {
  readonly file: string;
  readonly reason: string;
}

/** Which way up photos are taken. */
export interface OrientOptions {
  /** Whether photos are turned as their Exif says, or left as their pixels are stored. @default "exif" */
  readonly orient?: "exif" | "stored";
}

/** Options of createImageReader(). */
export interface ImageReaderOptions extends OrientOptions {
  /** Images whose shorter side is longer become JPEGs whose shorter side is this long. @default none */
  readonly resizeSide?: number;
}

/** Reads image files, several at once. */
export interface ImageReader {
  /** The image, or why it is none; never rejects. */
  read(file: string): Promise<EncodedImage | BadImage>;
  /** Frees what it holds of TensorFlow; not while it reads. */
  dispose(): void;
}

/** Makes a reader of image files. The caller disposes it. */
export function createImageReader(options: ImageReaderOptions = {}): ImageReader {
  const { resizeSide, orient = "exif" } = options;
  const functions = createFunctions(resizeSide);
  const readAs = async (contents: Buffer, format: ImageFormat): Promise<Omit<EncodedImage, "digest">> => {
    const turn = orient === "exif" ? turnOf(contents, format) : undefined;
    if (turn === undefined && resizeSide === undefined) {
      const [height, width] = await sizeOf(contents, functions);
      if (height !== undefined && width !== undefined)
        return { contents, format, height, width, isTurned: false, isReencoded: false };
    }
    return remake({ contents, format, turn, functions });
  };
  return {
    dispose: () => functions.dispose(),
    async read(file) {
      const bad = (reason: string): BadImage => ({ file, reason });
      try {
        const contents = await readFile(file);
        const format = formatOf(contents);
        if (typeof format === "object") return bad(format.reason);
        const digest = createHash("sha256").update(contents).digest("base64");
        return { ...(await readAs(contents, format)), digest };
      } catch (error) {
        return bad(reasonOf(error));
      }
    },
  };
}

/** Height and width of an image file; none if decodeImage() would refuse it though TensorFlow decodes it. */
async function sizeOf(contents: Buffer, functions: Functions): Promise<[height?: number, width?: number]> {
  try {
    const [shape] = await run(functions.of("size"), [constant([contents], [], "string")]);
    const [height, width] = shape?.dataSync() ?? [];
    shape?.dispose();
    return height === undefined || width === undefined ? [] : [height, width];
  } catch (error) {
    if (hasOtherChannels(error)) return [];
    throw error;
  }
}

/** A WebP or JPEG XL that has transparency or is grey; other kinds are made to have the channels asked for. */
function hasOtherChannels(error: unknown): boolean {
  return (
    error instanceof TensorFlowError && error.reason.includes("Number of channels requested does not match")
  );
}

interface Remaking {
  readonly contents: Buffer;
  readonly format: ImageFormat;
  readonly turn: Turn | undefined;
  readonly functions: Functions;
}

/** An image upright, made smaller if asked for, and so that decodeImage() takes it; as it was if nothing of that was needed. */
async function remake({
  contents,
  format,
  turn,
  functions,
}: Remaking): Promise<Omit<EncodedImage, "digest">> {
  const kind = format === "jpg" ? "jpeg" : "other";
  const { order, axes } = turn ?? STORED;
  const outputs = await run(functions.of(kind), [
    constant([contents], [], "string"),
    constant(order, [3], "int32"),
    constant(axes, [axes.length], "int32"),
  ]);
  try {
    const [shape, smallShape, file] = outputs;
    const [height = 0, width = 0] = smallShape?.dataSync() ?? [];
    const isSmaller = shape?.dataSync()[0] !== height;
    const isTaken = format !== "webp" && format !== "jxl";
    const isTurned = turn !== undefined;
    if (!isTurned && !isSmaller && (isTaken || (await sizeOf(contents, functions)).length > 0))
      return { contents, format, height, width, isTurned, isReencoded: false };
    const [remade = contents] = file === undefined ? [] : bytesOf(file);
    return { contents: remade, format: functions.formatOf(kind), height, width, isTurned, isReencoded: true };
  } finally {
    tf.dispose(outputs);
  }
}

/** A recorded function's outputs, in one call off the main thread; disposes the inputs. */
export async function run(fn: RecordedFunction, inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
  const running = executeAsync(fn.name, [...inputs, ...fn.captures], {}, fn.outputTypes.length);
  tf.dispose([...inputs]);
  return running;
}

type FunctionName = "size" | "jpeg" | "other";

/** TensorFlow functions of image files, each recorded when first asked for. */
interface Functions {
  /** "size" gives an image's shape; "jpeg" and "other", by what the file is, its upright shape, its smaller shape and a file of it. */
  of(name: FunctionName): RecordedFunction;
  /** The format of the file that "jpeg" or "other" gives: JPEG where that was one, or where images are made smaller; else PNG. */
  formatOf(name: "jpeg" | "other"): "jpg" | "png";
  dispose(): void;
}

function createFunctions(resizeSide: number | undefined): Functions {
  const held = new Map<FunctionName, RecordedFunction>();
  const formatOf = (name: FunctionName): "jpg" | "png" =>
    name === "jpeg" || resizeSide !== undefined ? "jpg" : "png";
  const remaker = (
    kind: "jpeg" | "other",
    [contents, order, axes]: readonly [tf.Tensor, tf.Tensor, tf.Tensor],
  ): tf.Tensor[] => {
    const image = turnImage(decodePhoto(contents, kind), order, axes);
    const small = resizeSide === undefined ? image : shrink(image, resizeSide);
    const file =
      formatOf(kind) === "jpg" ? jpegContents(small, { chromaDownsampling: false }) : pngContents(small);
    return [dynamicShape(image), dynamicShape(small), file];
  };
  const make = (name: FunctionName): RecordedFunction => {
    const pixel = tf.zeros<tf.Rank.R3>([1, 1, 3]);
    const contents = constant([name === "jpeg" ? encodeJpeg(pixel) : encodePng(pixel)], [], "string");
    const example = [contents, constant(STORED.order, [3], "int32"), constant([0], [1], "int32")];
    try {
      if (name === "size")
        return recordFunction((file) => [dynamicShape(decodeImage(file))], [contents], "sizeOfImage");
      return recordFunction(
        (file, order, axes) => remaker(name, [file, order, axes]),
        example,
        "remakeImage",
      );
    } finally {
      tf.dispose([pixel, ...example]);
    }
  };
  return {
    formatOf,
    of(name) {
      const fn = held.get(name) ?? make(name);
      held.set(name, fn);
      return fn;
    },
    dispose: () => held.forEach((fn) => fn.dispose()),
  };
}

function shrink(image: tf.Tensor3D, resizeSide: number): tf.Tensor3D {
  const sides = castTo(sidesOf(image), "float32");
  const scale = tf.minimum(tf.scalar(resizeSide).div(sides.min()), 1);
  return shrinkImage(image, castTo(sides.mul(scale).round(), "int32"));
}
