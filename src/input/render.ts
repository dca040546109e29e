/** Photograph-like pictures of things, rendered from a seed: data for a notebook that needs no download. */
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { finishFirst, interruptible } from "../interrupt";
import { encodeJpeg, tf } from "../tensorflow";
import { createRandom } from "./chance";
import { inOrder } from "./order";
import { boxOf, takePicture } from "./render/picture";
import { isShapeName, SHAPE_NAMES, type ShapeName } from "./render/shape";
import { openStudio } from "./render/studio";

export type { ShapeName };

/** The classes that can be rendered: what to train a network on first, and two more to fine-tune it on. */
export const RENDERED_CLASSES: Readonly<Record<"pretraining" | "finetuning", readonly ShapeName[]>> = {
  pretraining: SHAPE_NAMES.filter((name) => name !== "mug" && name !== "bottle"),
  finetuning: ["bottle", "mug"],
};

/** Options of renderPhotos(). */
export interface RenderPhotosOptions {
  /** What is on the photos. @default ["bottle", "mug"] */
  readonly classes?: readonly ShapeName[];
  /** Photos a class. @default 100 */
  readonly perClass?: number;
  /** Height and width in pixels. @default 128 */
  readonly size?: number;
  /** Another seed gives other photos. @default 0 */
  readonly seed?: number;
  /** JPEG quality, 0…100; each photo is up to 15 below it. @default 90 */
  readonly quality?: number;
  /** Threads that render. @default the number of processors */
  readonly numParallel?: number;
  /** Called after each photo. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops the work; the photos so far stay. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * Renders a folder of class folders of JPEG photos, as writeRecords() takes it.
 *
 * Colours, patterns, light, background and camera are drawn alike for all classes, so that only the shape tells them
 * apart. The same options give the same photos.
 * @returns the paths of the photos
 * @throws {RangeError} if a class, a size or a number is none
 */
export async function renderPhotos(out: string, options: RenderPhotosOptions = {}): Promise<string[]> {
  const given = interruptible(options);
  return finishFirst(() => renderAll(out, given));
}

async function renderAll(out: string, options: RenderPhotosOptions): Promise<string[]> {
  const { classes = RENDERED_CLASSES.finetuning, perClass = 100, size = 128, seed = 0 } = options;
  const { quality = 90, numParallel = availableParallelism(), signal } = options;
  for (const name of classes)
    if (!isShapeName(name))
      throw new RangeError(
        `Cannot render photos: expected one of ${SHAPE_NAMES.join(", ")}, got "${String(name)}"`,
      );
  for (const [what, number] of Object.entries({ perClass, size, numParallel }))
    if (!Number.isInteger(number) || number < 1)
      throw new RangeError(
        `Cannot render photos: expected ${what} to be a whole number from 1, got ${number}`,
      );
  for (const name of classes) await mkdir(path.join(out, name), { recursive: true });
  const orders = classes.flatMap((shape) =>
    Array.from({ length: perClass }, (_, i) => ({ shape, size, seed: seedOf(shape, seed, i), number: i })),
  );
  const files: string[] = [];
  const studio = openStudio(Math.min(numParallel, orders.length));
  try {
    const pictures = inOrder(orders, 2 * numParallel, async (order) => ({
      ...order,
      pixels: await studio.take(order),
    }));
    for await (const { shape, number, seed: photoSeed, pixels } of pictures) {
      signal?.throwIfAborted();
      const file = path.join(out, shape, `${shape}_${String(number).padStart(4, "0")}.jpg`);
      const worse = Math.floor(15 * createRandom(photoSeed ^ 1)());
      const image = imageOf(pixels, size);
      await writeFile(file, encodeJpeg(image, { quality: Math.max(quality - worse, 0) }));
      image.dispose();
      files.push(file);
      options.onProgress?.({ done: files.length, total: orders.length });
    }
  } finally {
    await studio.close();
  }
  return files;
}

/** Options of renderPhoto(). */
export interface RenderPhotoOptions {
  /** Height and width in pixels. @default 128 */
  readonly size?: number;
  /** Another seed gives another photo. @default 0 */
  readonly seed?: number;
}

/**
 * One rendered photo.
 * @returns int32 [size, size, 3], RGB, 0…255; the caller disposes
 */
export function renderPhoto(name: ShapeName, options: RenderPhotoOptions = {}): tf.Tensor3D {
  const { size = 128, seed = 0 } = options;
  return imageOf(takePicture(name, size, seed), size);
}

/** The part of a rendered photo that shows the thing: shares of its height and width, 0…1. */
export interface RenderedBox {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * Where the thing is on the photo that renderPhoto() renders with the same options, to see whether heat maps point at it.
 * @throws {RangeError} if nothing of it is seen
 */
export function renderedBox(name: ShapeName, options: RenderPhotoOptions = {}): RenderedBox {
  const { size = 128, seed = 0 } = options;
  const box = boxOf(name, size, seed);
  if (box === undefined)
    throw new RangeError(
      `Cannot tell where "${name}" is: expected it on the photo, got none of it in seed ${seed}`,
    );
  return {
    ...{ top: box.top / size, bottom: (box.bottom + 1) / size },
    ...{ left: box.left / size, right: (box.right + 1) / size },
  };
}

function imageOf(pixels: Uint8Array, size: number): tf.Tensor3D {
  return tf.tensor3d(Int32Array.from(pixels), [size, size, 3], "int32");
}

/** A seed of its own for each photo of each class. */
function seedOf(name: string, seed: number, number: number): number {
  let hash = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b);
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
