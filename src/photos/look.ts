/** What a photo's file is: its size, how it lies, and what it looks like. */
import { createHash } from "node:crypto";
import type { BadImage, OrientOptions } from "../input";
import type { Counted } from "../input/account";
import { run } from "../input/encoded";
import { orientationOf, STORED, turnOf } from "../input/exif";
import { formatOf, type ImageFormat } from "../input/format";
import { reasonOf } from "../input/reason";
import {
  constant,
  decodePhoto,
  encodeJpeg,
  encodePng,
  packPixels,
  recordFunction,
  type RecordedFunction,
  tf,
  turnImage,
} from "../tensorflow";
import { perceptualHash } from "./phash";

/** What is seen of a photo. */
export interface Look extends Counted {
  readonly format: ImageFormat;
  /** In pixels, upright unless photos are taken as they are stored. */
  readonly height: number;
  readonly width: number;
  /** How the stored pixels lie, 1…8 as Exif counts; 1 is upright. */
  readonly orientation: number;
  readonly bytes: number;
  readonly hash: bigint;
}

/** A file to look at. */
export interface PhotoFile {
  readonly name: string;
  /** Its contents. */
  read(): Promise<Uint8Array>;
}

/** Looks at files, several at once. */
export interface Looker {
  /** What the file is, or why it is no photo; never rejects. */
  look(file: PhotoFile): Promise<Look | BadImage>;
  /** Frees what it holds of TensorFlow; not while it looks. */
  dispose(): void;
}

/** Makes what looks at files. The caller disposes it. */
export function createLooker({ orient = "exif" }: OrientOptions): Looker {
  const functions = new Map<"jpeg" | "other", RecordedFunction>();
  const functionOf = (kind: "jpeg" | "other"): RecordedFunction => {
    const known = functions.get(kind) ?? recordDecoder(kind);
    functions.set(kind, known);
    return known;
  };
  return {
    dispose: () => functions.forEach((fn) => fn.dispose()),
    async look(file) {
      try {
        const contents = Buffer.from(await file.read());
        const format = formatOf(contents);
        if (typeof format === "object") return { file: file.name, reason: format.reason };
        const turn = orient === "exif" ? turnOf(contents, format) : undefined;
        const { order, axes } = turn ?? STORED;
        const [pixels] = await run(functionOf(format === "jpg" ? "jpeg" : "other"), [
          constant([contents], [], "string"),
          constant(order, [3], "int32"),
          constant(axes, [axes.length], "int32"),
        ]);
        const [height = 0, width = 0] = pixels?.shape ?? [];
        const values = pixels?.dataSync<"int32">() ?? new Int32Array();
        pixels?.dispose();
        return {
          ...{ format, height, width, orientation: orientationOf(contents, format), bytes: contents.length },
          hash: perceptualHash({ values, height, width }),
          digest: createHash("sha256").update(contents).digest("base64"),
          ...{ isTurned: turn !== undefined, isReencoded: false },
        };
      } catch (error) {
        return { file: file.name, reason: reasonOf(error) };
      }
    },
  };
}

/** Pixels of a file, upright, in one call. */
function recordDecoder(kind: "jpeg" | "other"): RecordedFunction {
  const pixel = tf.zeros<tf.Rank.R3>([1, 1, 3]);
  const contents = constant([kind === "jpeg" ? encodeJpeg(pixel) : encodePng(pixel)], [], "string");
  const example = [contents, constant(STORED.order, [3], "int32"), constant([0], [1], "int32")];
  try {
    return recordFunction(
      (file, order, axes) => [packPixels(turnImage(decodePhoto(file, kind), order, axes))],
      example,
      "lookAtPhoto",
    );
  } finally {
    tf.dispose([pixel, ...example]);
  }
}
