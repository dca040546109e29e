import { type tf, unrecorded } from "../tensorflow";

/** The least and the greatest value of one heat map. */
export interface HeatRange {
  readonly low: number;
  readonly high: number;
}

/** Rounding of float32, less than one step of a picture's colours. */
const SLACK = 1e-3;
/** One step of a picture's colours: what differs by less looks the same. */
const STEP = 1 / 255;

/**
 * The range of each heat map. While a function is recorded these are the maps that it is recorded with.
 * @param images    [batch, height, width, 3]
 * @param heatmaps  [batch, h, w], 0…1
 * @throws {TypeError} if the shapes do not fit
 * @throws {RangeError} if heat is not in 0…1, naming the map
 */
export function heatRanges(images: tf.Tensor4D, heatmaps: tf.Tensor3D): readonly HeatRange[] {
  const [batch, , , channels] = images.shape;
  if (channels !== 3 || heatmaps.rank !== 3 || heatmaps.shape[0] !== batch || heatmaps.size === 0) {
    throw new TypeError(
      `Cannot overlay heat maps: expected images [batch, height, width, 3] and heat maps [batch, h, w], got [${images.shape.join(", ")}] and [${heatmaps.shape.join(", ")}]`,
    );
  }
  const values = unrecorded(() => heatmaps.dataSync());
  const size = heatmaps.size / batch;
  return Array.from({ length: batch }, (_, i) => rangeOf(i, values.subarray(i * size, (i + 1) * size)));
}

/** The range of map `i`. */
function rangeOf(i: number, values: Iterable<number>): HeatRange {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (Number.isNaN(value))
      throw new RangeError(
        `Cannot overlay heat maps: expected heat in 0…1, got NaN in map ${i}: the model's activations are not finite, or 0 was divided by 0`,
      );
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low >= -SLACK && high <= 1 + SLACK) return { low, high };
  const got = [low, high].map((value) => Number(value.toPrecision(4))).join(" to ");
  throw new RangeError(
    `Cannot overlay heat maps: expected heat in 0…1, got values from ${got} in map ${i}: take tf.relu() of each map and divide it by its greatest value`,
  );
}

/** What one map does not say, for its caption; undefined if it says where. */
export function silenceOf(
  { low, high }: HeatRange,
  [, height, width]: tf.Tensor3D["shape"],
): string | undefined {
  if (high <= 0) return "nothing speaks for the class";
  return high - low < STEP && height * width > 1 ? "the same heat everywhere" : undefined;
}

/** What the legend says of the scale and size of all maps, and of what is not drawn. */
export function notesOf(
  ranges: readonly HeatRange[],
  [, height, width]: tf.Tensor3D["shape"],
  threshold = 0,
): readonly string[] {
  const scaled = ranges.every(({ high }) => high <= 0 || Math.abs(high - 1) <= SLACK);
  const scale = scaled
    ? "Each image has its own scale: 1 is the greatest value of its map."
    : "Heat is on one scale for all images.";
  const left = threshold > 0 ? [`Heat below ${Number(threshold.toPrecision(4))} is left out.`] : [];
  if (height * width > 1) return [scale, ...left];
  return [
    scale,
    ...left,
    "A map of 1 x 1 does not say where: explain by a lower endpoint, which has more pixels.",
  ];
}
