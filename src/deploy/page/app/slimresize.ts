/** Resizing without antialiasing: the arithmetic of TensorFlow's ResizeBilinear, in float32, without half pixels. */
import { Strip, type Source } from "./blocks.js";
import type { ResizeWindow } from "./pixels.js";

/** Where places of a resized side lie between two pixels of the photo. */
interface Along {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly share: readonly number[];
}

/** The window of a resized photo, [size, size, 3]. */
export function resizedPlainly(
  { image, width, height }: Source,
  { margins: [rows, columns] = [0, 0], tall, wide, top, left, size }: ResizeWindow,
): Float32Array {
  const y = along({ first: rows, side: height - 2 * rows }, tall, top, size);
  const x = along({ first: columns, side: width - 2 * columns }, wide, left, size);
  return sampled(image, y, x, size);
}

/** @param within  the pixels of the photo's side that are resized */
function along(
  within: { readonly first: number; readonly side: number },
  resized: number,
  begin: number,
  count: number,
): Along {
  const { first, side } = within;
  const scale = Math.fround(side / resized);
  const exact = Array.from({ length: count }, (_, i) => Math.fround((begin + i) * scale));
  return {
    lower: exact.map((place) => first + Math.min(Math.floor(place), side - 1)),
    upper: exact.map((place) => first + Math.min(Math.ceil(place), side - 1)),
    share: exact.map((place) => Math.fround(place - Math.floor(place))),
  };
}

function sampled(image: CanvasImageSource, y: Along, x: Along, size: number): Float32Array {
  const values = new Float32Array(size * size * 3);
  const [left, right] = [x.lower[0] ?? 0, x.upper[size - 1] ?? 0];
  const width = right - left + 1;
  const strip = new Strip(image, left, width);
  for (let from = 0; from < size;) {
    const first = y.lower[from] ?? 0;
    let to = from + 1;
    while (to < size && (y.upper[to] ?? 0) - first < strip.rowsAtOnce) to++;
    const block = strip.rows(first, (y.upper[to - 1] ?? 0) - first + 1);
    for (let i = from; i < to; i++) {
      const row = { above: ((y.lower[i] ?? 0) - first) * width, below: ((y.upper[i] ?? 0) - first) * width, share: y.share[i] ?? 0 }; // prettier-ignore
      sampleRow(block, row, { x, left }, values.subarray(i * size * 3, (i + 1) * size * 3));
    }
    from = to;
  }
  return values;
}

function sampleRow(
  rgba: Uint8ClampedArray,
  { above, below, share }: { readonly above: number; readonly below: number; readonly share: number },
  { x, left }: { readonly x: Along; readonly left: number },
  into: Float32Array,
): void {
  let at = 0;
  for (let j = 0; j < x.share.length; j++) {
    const low = (x.lower[j] ?? 0) - left;
    const high = (x.upper[j] ?? 0) - left;
    const part = x.share[j] ?? 0;
    for (let c = 0; c < 3; c++) {
      const tl = rgba[(above + low) * 4 + c] ?? 0;
      const tr = rgba[(above + high) * 4 + c] ?? 0;
      const bl = rgba[(below + low) * 4 + c] ?? 0;
      const br = rgba[(below + high) * 4 + c] ?? 0;
      const upper = tl + (tr - tl) * part;
      const lower = bl + (br - bl) * part;
      into[at++] = upper + (lower - upper) * share;
    }
  }
}
