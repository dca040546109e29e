/** From a photo of any size to the network's pixels, as predict() makes them. */
import { antialiased } from "./antialias.js";
import type { Source } from "./blocks.js";
import { resizedPlainly } from "./slimresize.js";

/** The part of a photo that the network sees, as shares of its sides. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export interface Pixels {
  /** [size, size, 3], 0…255 */
  readonly values: Float32Array;
  readonly crop: Crop;
}

/** How photos get to the network's size. */
export interface PhotoSize {
  readonly resizeSide: number;
  readonly size: number;
  /** "slim": not antialiased, as TF-Slim; the others are, as torchvision. @default "slim" */
  readonly interpolation?: "slim" | "bilinear" | "bicubic";
}

/** A square part of a photo in another size. */
export interface ResizeWindow {
  /** Height and width that the whole photo would be resized to. */
  readonly tall: number;
  readonly wide: number;
  /** Where the part begins there. */
  readonly top: number;
  readonly left: number;
  /** Its height and width. */
  readonly size: number;
}

/** The middle of the photo, resized so that its shorter side is `resizeSide`. */
export function pixelsOf(source: Source, photo: PhotoSize): Pixels {
  const { interpolation = "slim" } = photo;
  const window = interpolation === "slim" ? slimWindow(source, photo) : torchWindow(source, photo);
  const { tall, wide, top, left, size } = window;
  const crop = { top: top / tall, left: left / wide, height: size / tall, width: size / wide };
  const values = interpolation === "slim" ? resizedPlainly(source, window) : antialiased(source, window, interpolation); // prettier-ignore
  return { values, crop };
}

/** @see TF-Slim vgg_preprocessing._smallest_size_at_least: in float32, a half rounded to even */
function slimWindow({ width, height }: Source, { resizeSide, size }: PhotoSize): ResizeWindow {
  const scale = Math.fround(resizeSide / Math.min(width, height));
  const resized = (side: number): number => halfToEven(Math.fround(side * scale));
  return windowOf(resized(height), resized(width), size, Math.floor);
}

/** @see torchvision/transforms/functional.py, _compute_resized_output_size() and center_crop() */
function torchWindow({ width, height }: Source, { resizeSide, size }: PhotoSize): ResizeWindow {
  const short = Math.min(width, height);
  const resized = (side: number): number => Math.floor((resizeSide * side) / short);
  return windowOf(resized(height), resized(width), size, halfToEven);
}

function windowOf(tall: number, wide: number, size: number, whole: (place: number) => number): ResizeWindow {
  return { tall, wide, top: whole((tall - size) / 2), left: whole((wide - size) / 2), size };
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}
