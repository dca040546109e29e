/** Histograms in TensorFlow's default buckets. */
import type { HistogramMessage } from "./event";

const MOST = Number.MAX_VALUE;

/** Upper limits of the buckets, each a tenth wider than the last; as in tensorflow/core/lib/histogram/histogram.cc */
const LIMITS = ((): Float64Array => {
  const positive: number[] = [];
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push(limit);
  positive.push(MOST);
  return Float64Array.from([...positive.map((limit) => -limit).reverse(), 0, ...positive]);
})();

/** The bucket of the least float32 (in amount) with the same upper 16 bits; the others' is that or one beside it. */
let starts: Uint16Array | undefined;

function startsOf(): Uint16Array {
  if (starts !== undefined) return starts;
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  return (starts = Uint16Array.from({ length: 1 << 16 }, (_, high) => {
    bits[0] = high << 16;
    return bucketOf(float[0] ?? 0);
  }));
}

/** The first bucket whose limit is above the value. */
function bucketOf(value: number): number {
  let [low, high] = [0, LIMITS.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((LIMITS[middle] ?? MOST) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * What the operation HistogramSummary makes of float32 values, ten times faster: by their bits it finds their buckets.
 * @returns undefined if a value is not finite
 */
export function countValues(values: Float32Array): HistogramMessage | undefined {
  const first = startsOf();
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const counts = new Float64Array(LIMITS.length);
  let [min, max, sum, squares] = [MOST, -MOST, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    let bucket = first[(bits[i] as number) >>> 16] as number;
    while ((LIMITS[bucket] as number) <= value) bucket++;
    while (bucket > 0 && (LIMITS[bucket - 1] as number) > value) bucket--;
    (counts[bucket] as number)++;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    squares += value * value;
  }
  return Number.isFinite(squares) ? { min, max, num: values.length, sum, sum_squares: squares, ...filled(counts) } : undefined; // prettier-ignore
}

/** Of empty buckets side by side only the last is told. */
function filled(counts: Float64Array): Pick<HistogramMessage, "bucket" | "bucket_limit"> {
  const kept = [...counts.keys()].filter((i) => (counts[i] ?? 0) > 0 || (counts[i + 1] ?? 1) > 0);
  return { bucket: kept.map((i) => counts[i] ?? 0), bucket_limit: kept.map((i) => LIMITS[i] ?? MOST) };
}
