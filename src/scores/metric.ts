/** What measures explanations: a way from heat maps to numbers. */
import type { Explained } from "../explain";
import type { ImagePart, Model } from "../model";
import { tf } from "../tensorflow";

/** The maps of one batch by one method. Its tensors are the caller's. */
export interface Maps {
  readonly model: Model;
  /** float32 [batch, height, width, 3], preprocessed */
  readonly images: tf.Tensor4D;
  /** As the method gave them. */
  readonly explained: Explained;
  /** Of each image: the heat of its pixels, row by row, 0…1 */
  readonly heat: readonly Float32Array[];
  /** The class of each image that its map explains. */
  readonly classes: readonly number[];
  /** Of each image where its object is, as far as the image shows it; undefined where that is not known. */
  readonly boxes: readonly (ImagePart | undefined)[];
  /** What the method says of the same images and classes by another model of the same form; the caller disposes. */
  explainBy(model: Model): Promise<Explained>;
  /** The probabilities of the classes of images in images that were changed. Row i is of image `of[i]`. */
  probabilities(changed: tf.Tensor4D, of: readonly number[]): Promise<ArrayLike<number>>;
  /** Images that the network is given at once. */
  readonly chunk: number;
  readonly signal: AbortSignal | undefined;
  /** Tells of work done: images that went through the network. */
  passed(images: number): void;
}

/** A number that a metric gives for each image. */
export interface Column {
  readonly name: string;
  /** Whether a better map has a greater one, or a smaller. */
  readonly better: "more" | "less";
}

/** Numbers along a way, such as the class's probability as more and more pixels go. */
export interface Curve {
  readonly name: string;
  /** What the numbers along the way are, for the axis. */
  readonly along: string;
  readonly x: readonly (number | string)[];
  /** What the numbers are, for the axis. */
  readonly of: string;
  /** By image: as many as x has. */
  readonly y: readonly (readonly number[])[];
}

/** What a metric says of the maps of a batch. */
export interface Verdict {
  /** By column, as named: a number for each image; NaN where it has none. */
  readonly scores: Readonly<Record<string, readonly number[]>>;
  readonly curves?: readonly Curve[];
}

/** A metric at work on one model; it keeps what it has compiled until it is disposed. */
export interface Judge {
  judge(maps: Maps): Verdict | Promise<Verdict>;
  dispose(): void;
}

/** A way to measure maps. */
export interface Metric {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Whether it needs to know where objects are. @default false */
  readonly needsBoxes?: boolean;
  /** How often each image goes through the network for one map. */
  passes(model: Model): number;
  open(model: Model): Judge;
}

/** One changed image: which image it is made of, and which change of it it is. */
export interface Row {
  readonly image: number;
  readonly change: number;
}

/**
 * The probability of each image's class in several changes of it, chunk by chunk.
 * @param changed  float32 [rows, height, width, 3]: the images of these rows, changed; disposed here
 * @returns        by image and change
 * @throws what the signal gives as its reason
 */
export async function probabilitiesOfChanges(
  maps: Maps,
  changes: number,
  changed: (rows: readonly Row[]) => tf.Tensor4D | Promise<tf.Tensor4D>,
): Promise<number[][]> {
  const all = maps.classes.flatMap((_, image) =>
    Array.from({ length: changes }, (_, change): Row => ({ image, change })),
  );
  const found = maps.classes.map(() => new Array<number>(changes).fill(NaN));
  for (let from = 0; from < all.length; from += maps.chunk) {
    maps.signal?.throwIfAborted();
    const rows = all.slice(from, from + maps.chunk);
    const images = await changed(rows);
    try {
      const probabilities = await maps.probabilities(images, rows.map(({ image }) => image)); // prettier-ignore
      rows.forEach(({ image, change }, i) => found[image]?.splice(change, 1, probabilities[i] ?? NaN));
    } finally {
      images.dispose();
    }
    maps.passed(rows.length);
  }
  return found;
}

/** The images of rows, as they are. */
export function imagesOf({ images }: Maps, rows: readonly Row[]): tf.Tensor4D {
  const which = rows.map(({ image }) => image);
  return tf.tidy(() => tf.gather(images, tf.tensor1d(which, "int32")));
}

/**
 * Which pixels of rows are changed: float32 [rows, height, width, 1], 1 for each of the given ones, else 0.
 * @param pixels  of a row, their numbers
 */
export function masksOf(
  { images }: Maps,
  rows: readonly Row[],
  pixels: (row: Row) => Uint32Array,
): tf.Tensor4D {
  const [, height, width] = images.shape;
  const masks = new Float32Array(rows.length * height * width);
  rows.forEach((row, i) => {
    for (const pixel of pixels(row)) masks[i * height * width + pixel] = 1;
  });
  return tf.tensor4d(masks, [rows.length, height, width, 1]);
}

/** Something that is made of an image when it is first asked for. */
export function onceAnImage<T>(make: (image: number) => T): (image: number) => T {
  const made = new Map<number, T>();
  return (image) => {
    const found = made.get(image) ?? make(image);
    made.set(image, found);
    return found;
  };
}
