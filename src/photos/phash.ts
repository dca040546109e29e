/** Perceptual hashes: 64 bits that are alike for photos that look alike. */
import { type Pixels, smallGrey } from "./pillow";

/** Side of what is transformed, and of its low frequencies that count. */
const SIDE = 32;
const LOW = 8;

/**
 * The perceptual hash of a photo: which of its 8 x 8 lowest frequencies are above their median, those of a row from the left, rows
 * from the top.
 * @returns  64 bits
 * @see ImageHash 4.3, phash()
 */
export function perceptualHash(pixels: Pixels): bigint {
  const small = smallGrey(pixels, SIDE);
  const columns = Array.from({ length: SIDE }, (_, x) => cosines(columnOf(small, x, SIDE), LOW));
  const low: number[] = [];
  for (let y = 0; y < LOW; y++)
    low.push(
      ...cosines(
        Float64Array.from(columns, (column) => column[y] ?? 0),
        LOW,
      ),
    );
  const sorted = [...low].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return low.reduce((bits, value) => (bits << 1n) | (value > median ? 1n : 0n), 0n);
}

/** A hash as ImageHash prints it: 16 hexadecimal digits. */
export function hashText(hash: bigint): string {
  return hash.toString(16).padStart(16, "0");
}

/** The column of a square of numbers that begins at `first`. */
function columnOf(values: Uint8Array, first: number, side: number): Float64Array {
  const column = new Float64Array(side);
  for (let i = 0, at = first; i < side; i++, at += side) column[i] = values[at] ?? 0;
  return column;
}

/**
 * The first `count` frequencies k of the discrete cosine transform, 2 Σ x[n] cos(π k (2n + 1) / 2N), of N values, N a power of 2. By sums
 * and differences of what lies opposite, so that what should be 0, as of a photo of one colour, is just 0, above no median by chance.
 */
function cosines(values: Float64Array, count: number): Float64Array {
  const length = values.length;
  if (length === 1) return values.map((value) => 2 * value);
  const half = length / 2;
  const low = new Float64Array(count);
  const sums = new Float64Array(half);
  for (let n = 0; n < half; n++) sums[n] = (values[n] ?? 0) + (values[length - 1 - n] ?? 0);
  const even = cosines(sums, Math.ceil(count / 2));
  for (let k = 0; k < even.length; k++) low[2 * k] = even[k] ?? 0;
  const waves = wavesOf(length);
  for (let k = 1; k < count; k += 2) {
    let sum = 0;
    for (let n = 0; n < half; n++)
      sum += (waves[k * (2 * n + 1)] ?? 0) * ((values[n] ?? 0) - (values[length - 1 - n] ?? 0));
    low[k] = sum;
  }
  return low;
}

const WAVES = new Map<number, Float64Array>();

/** 2 cos(π i / 2N) for each i that frequencies below N and the first half of places make. */
function wavesOf(length: number): Float64Array {
  const known =
    WAVES.get(length) ??
    Float64Array.from({ length: length * length }, (_, i) => 2 * Math.cos((Math.PI * i) / (2 * length)));
  WAVES.set(length, known);
  return known;
}
