/** Photograph-like pictures of things, rendered from a seed: data for a notebook that needs no download. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { encodeJpeg, tf } from "../tensorflow";
import { createRandom } from "./chance";
import { takePicture } from "./render/picture";
import { isShapeName, SHAPE_NAMES, type ShapeName } from "./render/shape";

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
  /** Called after each photo. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops the work; the photos so far stay. */
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
  const {
    classes = RENDERED_CLASSES.finetuning,
    perClass = 100,
    size = 128,
    seed = 0,
    quality = 90,
  } = options;
  for (const name of classes)
    if (!isShapeName(name))
      throw new RangeError(
        `Cannot render photos: expected one of ${SHAPE_NAMES.join(", ")}, got "${String(name)}"`,
      );
  for (const [what, number] of Object.entries({ perClass, size }))
    if (!Number.isInteger(number) || number < 1)
      throw new RangeError(
        `Cannot render photos: expected ${what} to be a whole number from 1, got ${number}`,
      );
  const files: string[] = [];
  const total = classes.length * perClass;
  for (const name of classes) {
    await mkdir(path.join(out, name), { recursive: true });
    for (let i = 0; i < perClass; i++) {
      options.signal?.throwIfAborted();
      const file = path.join(out, name, `${name}_${String(i).padStart(4, "0")}.jpg`);
      const photoSeed = seedOf(name, seed, i);
      const worse = Math.floor(15 * createRandom(photoSeed ^ 1)());
      const image = renderPhoto(name, { size, seed: photoSeed });
      await writeFile(file, encodeJpeg(image, { quality: Math.max(quality - worse, 0) }));
      image.dispose();
      files.push(file);
      options.onProgress?.({ done: files.length, total });
      // Rendering is all JavaScript: timers and interrupts get their turn here.
      await setImmediate();
    }
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
  return tf.tensor3d(Int32Array.from(takePicture(name, size, seed)), [size, size, 3], "int32");
}

/** A seed of its own for each photo of each class. */
function seedOf(name: string, seed: number, number: number): number {
  let hash = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b);
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
