/** What event files hold, as figures want it. */
import {
  decodeHyperparameters,
  type EventMessage,
  type HistogramMessage,
  type Hyperparameter,
  type SummaryValue,
  type TensorValue,
} from "../tensorflow";

/** Where and when something was seen. */
export interface PointPlace {
  /** The event file's folder, relative to the one that was read, with "/"; "." for that itself. */
  readonly run: string;
  readonly file: string;
  readonly step: number;
  /** In seconds since 1970. */
  readonly wallTime: number;
  readonly tag: string;
}

/** A number. */
export interface ScalarPoint extends PointPlace {
  readonly kind: "scalar";
  readonly value: number;
}

/** `count` values from `left` on and below `right`. */
export interface HistogramBucket {
  readonly left: number;
  readonly right: number;
  readonly count: number;
}

/** How values are distributed; without the empty buckets at both ends. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly count: number;
  readonly buckets: readonly HistogramBucket[];
}

/** A distribution of values. */
export interface HistogramPoint extends PointPlace {
  readonly kind: "histogram";
  readonly value: Histogram;
}

/** Images of one size, each a PNG file (or whatever else was written). */
export interface ImagePoint extends PointPlace {
  readonly kind: "image";
  readonly value: { readonly width: number; readonly height: number; readonly files: readonly Uint8Array[] };
}

/** A text in Markdown. */
export interface TextPoint extends PointPlace {
  readonly kind: "text";
  readonly value: string;
}

/** Any other tensor, for the plugin of TensorBoard that it names. */
export interface TensorPoint extends PointPlace {
  readonly kind: "tensor";
  readonly plugin: string;
  readonly value: TensorValue;
}

/** One thing that was seen at one step. */
export type EventPoint = ScalarPoint | HistogramPoint | ImagePoint | TextPoint | TensorPoint;

/** What a run was made with, as TensorBoard's hparams plugin has it. */
export interface HyperparametersPoint extends PointPlace {
  readonly kind: "hyperparameters";
  readonly value: Readonly<Record<string, Hyperparameter>>;
}

/** What a run tells: what was seen, and what it was made with. */
export type RunPoint = EventPoint | HyperparametersPoint;

/** The plugin of TensorBoard for hyperparameters, whose values have tags of their own. */
const HPARAMS = { plugin: "hparams", tags: "_hparams_/" } as const;

/**
 * The points of an event, one for each of its values; undefined for a value that holds nothing.
 * @param plugins  by tag; filled here, since writers may say only once which plugin a tag is for
 */
export function pointsOf(
  { step, wallTime, summary = [] }: EventMessage,
  { run, file }: Pick<PointPlace, "run" | "file">,
  plugins: Map<string, string>,
): (RunPoint | undefined)[] {
  return summary.map((value) => {
    const { tag, plugin } = value;
    if (plugin !== undefined) plugins.set(tag, plugin.name);
    return pointOf(value, { run, file, step, wallTime, tag }, plugins.get(tag) ?? "");
  });
}

function pointOf(value: SummaryValue, place: PointPlace, plugin: string): RunPoint | undefined {
  const { scalar, histogram, image, tensor } = value;
  if (plugin === HPARAMS.plugin || place.tag.startsWith(HPARAMS.tags)) {
    const values = value.plugin?.content && decodeHyperparameters(value.plugin.content);
    return values && { ...place, kind: "hyperparameters", value: values };
  }
  if (scalar !== undefined) return { ...place, kind: "scalar", value: scalar };
  if (histogram !== undefined) return { ...place, kind: "histogram", value: histogramOf(histogram) };
  if (image !== undefined) {
    const { width, height, contents } = image;
    return { ...place, kind: "image", value: { width, height, files: [contents] } };
  }
  return tensor === undefined ? undefined : tensorPoint(tensor, place, plugin);
}

function tensorPoint(tensor: TensorValue, place: PointPlace, plugin: string): EventPoint {
  const [first, second] = tensor.values;
  if (plugin === "scalars" && typeof first === "number") return { ...place, kind: "scalar", value: first };
  if (plugin === "histograms" && tensor.shape.length === 2)
    return { ...place, kind: "histogram", value: bucketed(tensor) };
  if (plugin === "text" && tensor.shape.length === 0 && first instanceof Uint8Array)
    return { ...place, kind: "text", value: textOf(first) };
  if (plugin === "images" && first instanceof Uint8Array && second instanceof Uint8Array) {
    const files = tensor.values.flatMap((file: number | Uint8Array) =>
      file instanceof Uint8Array ? file : [],
    );
    return {
      ...place,
      kind: "image",
      value: { width: Number(textOf(first)), height: Number(textOf(second)), files: files.slice(2) },
    };
  }
  return { ...place, kind: "tensor", plugin, value: tensor };
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** The outermost limits may be infinite: there the least and the greatest value stand in, as in TensorBoard. */
function histogramOf({ min, max, num, bucket, bucket_limit }: HistogramMessage): Histogram {
  const isFilled = bucket.map((count) => count > 0);
  const [start, end] = [isFilled.indexOf(true), isFilled.lastIndexOf(true)];
  const buckets = bucket.slice(start === -1 ? bucket.length : start, end + 1).map((count, i) => ({
    left: i === 0 ? min : (bucket_limit[start + i - 1] ?? min),
    right: start + i === end ? max : (bucket_limit[start + i] ?? max),
    count,
  }));
  return { min, max, count: num, buckets };
}

/** [buckets, 3]: left, right, count; TensorFlow 2's buckets may be of no width. */
function bucketed({ shape, values }: TensorValue): Histogram {
  const at = (i: number): number => Number(values[i] ?? NaN);
  const buckets = Array.from({ length: shape[0] ?? 0 }, (_, i) => ({
    left: at(3 * i),
    right: at(3 * i + 1),
    count: at(3 * i + 2),
  }));
  return {
    min: buckets[0]?.left ?? NaN,
    max: buckets[buckets.length - 1]?.right ?? NaN,
    count: buckets.reduce((sum, { count }) => sum + count, 0),
    buckets,
  };
}
