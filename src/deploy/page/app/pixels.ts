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
  /** The share of each side, 0…1, whose middle is squashed into the square, whatever resizeSide is. @default none */
  readonly centralFraction?: number;
}

/** A square part of a photo in another size. */
export interface ResizeWindow {
  /** Rows and columns that are left out at each end of the photo's sides, before it is resized. @default none */
  readonly margins?: readonly [rows: number, columns: number];
  /** Height and width that the photo would be resized to. */
  readonly tall: number;
  readonly wide: number;
  /** Where the part begins there. */
  readonly top: number;
  readonly left: number;
  /** Its height and width. */
  readonly size: number;
}

/** The middle of the photo, resized so that its shorter side is `resizeSide`, or squashed. */
export function pixelsOf(source: Source, photo: PhotoSize): Pixels {
  const { interpolation = "slim" } = photo;
  const window = windowIn(source, photo);
  const { tall, wide, top, left, size, margins: [rows, columns] = [0, 0] } = window;
  const [height, width] = [1 - (2 * rows) / source.height, 1 - (2 * columns) / source.width]; // what is resized
  const crop = {
    top: rows / source.height + (top / tall) * height,
    left: columns / source.width + (left / wide) * width,
    height: (size / tall) * height,
    width: (size / wide) * width,
  };
  const values = interpolation === "slim" ? resizedPlainly(source, window) : antialiased(source, window, interpolation); // prettier-ignore
  return { values, crop };
}

function windowIn(source: Source, photo: PhotoSize): ResizeWindow {
  const { size, interpolation = "slim", centralFraction } = photo;
  if (centralFraction === undefined)
    return interpolation === "slim" ? slimWindow(source, photo) : torchWindow(source, photo);
  if (interpolation === "slim") return squashedMiddle(source, size, centralFraction);
  const whole = Math.floor(size / centralFraction);
  return windowOf(whole, whole, size, halfToEven);
}

/** @see TF-Slim inception_preprocessing.preprocess_for_eval: cropped before it is resized; in float32 */
function squashedMiddle({ width, height }: Source, size: number, centralFraction: number): ResizeWindow {
  const margin = (side: number): number =>
    Math.floor(Math.fround(side - Math.fround(side * Math.fround(centralFraction))) / 2);
  return { margins: [margin(height), margin(width)], tall: size, wide: size, top: 0, left: 0, size };
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
