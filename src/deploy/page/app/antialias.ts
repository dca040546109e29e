/** Antialiased resizing, as Pillow's and so torchvision's and timm's, in float32 and without rounding. */
import { Strip, type Source } from "./blocks.js";
import type { ResizeWindow } from "./pixels.js";

/** How a pixel's share falls with its distance, in pixels of the coarser of both images. */
interface Kernel {
  /** Beyond it there is no share. */
  readonly radius: number;
  at(distance: number): number;
}

/** @see R. Keys, Cubic Convolution Interpolation, 1981, equation 15, where a = -1/2 */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

const KERNELS: Readonly<Record<"bilinear" | "bicubic", Kernel>> = {
  bilinear: { radius: 1, at: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { radius: 2, at: cubic },
};

/** Which pixels of the photo's side the places of a resized one are made of. */
interface Taps {
  /** By place: its first pixel. */
  readonly first: Int32Array;
  /** By place: the pixel after its last. */
  readonly end: Int32Array;
  /** By place `most` of them: the pixels' shares, which sum up to 1. */
  readonly shares: Float32Array;
  readonly most: number;
}

/**
 * The window of a resized photo, [size, size, 3], cut off to 0…255.
 * @see Pillow's Resample.c, precompute_coeffs()
 */
export function antialiased(
  { image, width, height }: Source,
  { tall, wide, top, left, size }: ResizeWindow,
  interpolation: keyof typeof KERNELS,
): Float32Array {
  const kernel = KERNELS[interpolation];
  const [y, x] = [tapsOf(height, tall, top, size, kernel), tapsOf(width, wide, left, size, kernel)];
  const [begin, right] = [x.first[0] ?? 0, x.end[size - 1] ?? 0];
  const strip = new Strip(image, begin, right - begin);
  const values = new Float32Array(size * size * 3);
  const line = new Float32Array(size * 3);
  const end = y.end[size - 1] ?? 0;
  let done = 0; // rows of the result that are whole
  for (let from = y.first[0] ?? 0; from < end; from += strip.rowsAtOnce) {
    const count = Math.min(strip.rowsAtOnce, end - from);
    const block = new Int32Array(strip.rows(from, count).buffer); // a load in place of three
    for (let row = from; row < from + count; row++) {
      resizeLine(block, (row - from) * (right - begin) - begin, x, line);
      while (row >= (y.end[done] ?? end)) done++;
      for (let i = done; i < size && row >= (y.first[i] ?? end); i++)
        addLine(values, i * line.length, line, y.shares[i * y.most + row - (y.first[i] ?? 0)] ?? 0);
    }
  }
  return values.map((value) => Math.min(255, Math.max(0, value)));
} // prettier-ignore

function tapsOf(side: number, resized: number, begin: number, count: number, { radius, at }: Kernel): Taps {
  const scale = side / resized;
  const [step, support] = [Math.max(scale, 1), radius * Math.max(scale, 1)];
  const middles = Array.from({ length: count }, (_, i) => (begin + i + 0.5) * scale);
  const first = Int32Array.from(middles, (middle) => Math.max(0, Math.floor(middle - support + 0.5)));
  const end = Int32Array.from(middles, (middle) => Math.min(side, Math.floor(middle + support + 0.5)));
  const most = Math.max(...first.map((from, i) => (end[i] ?? 0) - from));
  const shares = new Float32Array(count * most);
  middles.forEach((middle, i) => {
    const [from, to] = [first[i] ?? 0, end[i] ?? 0];
    const of = Array.from({ length: to - from }, (_, j) => at((from + j + 0.5 - middle) / step));
    const sum = of.reduce((all, share) => all + share, 0);
    shares.set(of.map((share) => share / sum), i * most); // prettier-ignore
  });
  return { first, end, shares, most };
}

/** A row of the photo, resized. @param pixels  red, green, blue and alpha in one @param base  where its column 0 would be */
function resizeLine(pixels: Int32Array, base: number, { first, end, shares, most }: Taps, into: Float32Array): void {
  for (let i = 0, at = 0; i < first.length; i++) {
    const to = base + (end[i] ?? 0);
    let [red, green, blue] = [0, 0, 0];
    for (let j = base + (first[i] ?? 0), place = i * most; j < to; j++, place++) {
      const [pixel, share] = [pixels[j] ?? 0, shares[place] ?? 0];
      red += share * (pixel & 255);
      green += share * ((pixel >> 8) & 255);
      blue += share * ((pixel >> 16) & 255);
    }
    into[at++] = red;
    into[at++] = green;
    into[at++] = blue;
  }
} // prettier-ignore

function addLine(values: Float32Array, at: number, line: Float32Array, share: number): void {
  for (let i = 0; i < line.length; i++) values[at + i] = (values[at + i] ?? 0) + share * (line[i] ?? 0);
}
