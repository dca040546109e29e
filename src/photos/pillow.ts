/** A photo made small as Pillow does it, to the bit. */

/** A photo's pixels. */
export interface Pixels {
  /** Row by row, red + 256 green + 65536 blue each. */
  readonly values: Int32Array;
  readonly height: number;
  readonly width: number;
}

/** Bits after the point of the filter's weights. */
const BITS = 22;
const HALF = 1 << (BITS - 1);
/** Lanczos' window, in pixels of the smaller image. */
const REACH = 3;

/**
 * A photo as shades of grey in a square, by Lanczos' filter: Image.convert("L").resize((side, side), LANCZOS).
 *
 * Pillow makes each result of the first of two passes a byte, and from 13.0 on has it go along columns where that leaves much less for the
 * second; until 12.2 it always went along rows, and hashes of such tall photos may differ in two bits.
 * @returns  0…255, row by row
 * @see Pillow Convert.c (ITU-R 601-2 in 16 bits), Resample.c (weights in 22 bits); which pass is first by trying Pillow 13.0
 */
export function smallGrey({ values, height, width }: Pixels, side: number): Uint8Array {
  const isDown = height - side > 2 * Math.max(0, width - side);
  const [lines, length] = isDown ? [width, height] : [height, width];
  const [nextLine, next] = isDown ? [1, width] : [width, 1];
  const along = tapsOf(length, side);
  const narrow = new Uint8Array(side * lines); // what becomes of all lines at one place, place by place
  const line = new Uint8Array(length);
  for (let i = 0; i < lines; i++) {
    for (let j = 0, at = i * nextLine; j < length; j++, at += next) line[j] = greyOf(values[at] ?? 0);
    for (let place = 0; place < side; place++) narrow[place * lines + i] = filtered(line, 0, along, place);
  }
  const across = tapsOf(lines, side);
  const small = new Uint8Array(side * side);
  for (let place = 0; place < side; place++)
    for (let other = 0; other < side; other++)
      small[isDown ? place * side + other : other * side + place] = filtered(
        narrow,
        place * lines,
        across,
        other,
      );
  return small;
}

function greyOf(pixel: number): number {
  return (19595 * (pixel & 255) + 38470 * ((pixel >> 8) & 255) + 7471 * ((pixel >> 16) & 255) + 0x8000) >> 16;
}

/** One pixel of a smaller row of pixels, which begins at `start`. */
function filtered(pixels: Uint8Array, start: number, taps: Taps, place: number): number {
  const first = taps.from[place] ?? 0;
  const count = taps.counts[place] ?? 0;
  const { weights, most } = taps;
  let sum = HALF;
  for (let i = 0, at = start + first, of = most * place; i < count; i++)
    sum = (sum + Math.imul(weights[of + i] ?? 0, pixels[at + i] ?? 0)) | 0;
  return Math.min(255, Math.max(0, sum >> BITS));
}

/** Which pixels make those of a smaller row, and how much of each. */
interface Taps {
  /** The first for each, and how many. */
  readonly from: Int32Array;
  readonly counts: Int32Array;
  /** `most` for each, of which as many count. */
  readonly weights: Int32Array;
  readonly most: number;
}

function tapsOf(length: number, side: number): Taps {
  const scale = length / side;
  const stretch = Math.max(scale, 1);
  const most = Math.ceil(REACH * stretch) * 2 + 1;
  const [from, counts] = [new Int32Array(side), new Int32Array(side)];
  const weights = new Int32Array(side * most);
  const parts = new Float64Array(most);
  for (let place = 0; place < side; place++) {
    const center = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - REACH * stretch + 0.5));
    const count = Math.min(length, Math.trunc(center + REACH * stretch + 0.5)) - first;
    let total = 0;
    for (let i = 0; i < count; i++) total += parts[i] = lanczos((first + i - center + 0.5) / stretch);
    for (let i = 0; i < count; i++)
      weights[place * most + i] = rounded(((parts[i] ?? 0) / total) * 2 ** BITS);
    from[place] = first;
    counts[place] = count;
  }
  return { from, counts, weights, most };
}

const rounded = (value: number): number => Math.trunc(value + (value < 0 ? -0.5 : 0.5));

function lanczos(x: number): number {
  return x >= -REACH && x < REACH ? sinc(x) * sinc(x / REACH) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
