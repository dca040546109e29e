/** Where the cells of a heat map are on its image. */
import type { Model } from "../model/model";
import { centralPart, type ImagePart } from "../model/preprocessing";
import { tf, unrecorded } from "../tensorflow";

/** Where the cells of heat maps are on their images. */
export interface Placement {
  /** The middle of each row as a share of the image's height: 0 is its upper edge, 1 its lower; they ascend. */
  readonly rows: readonly number[] | tf.Tensor1D;
  /** The middle of each column as a share of its width. */
  readonly columns: readonly number[] | tf.Tensor1D;
  /** The part of the image that was looked at: there is no heat beside it. @default all of it */
  readonly seen?: ImagePart;
}

/** Cells spread evenly, as resizing does it. */
export function evenly([, height, width]: tf.Tensor3D["shape"]): Placement {
  const along = (count: number): number[] => Array.from({ length: count }, (_, i) => (i + 0.5) / count);
  return { rows: along(height), columns: along(width) };
}

/**
 * Where maps are on images, some or all of which went through a model's preprocess().
 * @param own  where they are on what the model saw. @default spread evenly
 */
export function placementOf(
  images: tf.Tensor4D,
  { heatmaps, ...own }: Partial<Placement> & { readonly heatmaps: tf.Tensor3D },
  asked: { readonly placement?: Placement | "resize"; readonly model?: Pick<Model, "options"> },
): Placement {
  const { placement = own, model } = asked;
  const even = evenly(heatmaps.shape);
  const { rows = even.rows, columns = even.columns, seen } = placement === "resize" ? even : placement;
  if (model === undefined) return { rows, columns, ...(seen !== undefined && { seen }) };
  const part = centralPart(images, model.options);
  const { top, bottom, left, right } = part;
  return {
    rows: listOf(rows).map((row) => top + row * (bottom - top)),
    columns: listOf(columns).map((column) => left + column * (right - left)),
    seen: part,
  };
}

/**
 * Heat for each pixel of an image: between the middles of cells linearly, beyond the last as there.
 * @param heatmaps  float32 [batch, h, w]
 * @param size      of the image
 * @returns         float32 [batch, height, width, 1]; the caller disposes
 * @throws {TypeError} if there is not one place for each row and column
 * @throws {RangeError} if they do not ascend
 */
export function placeHeat(
  heatmaps: tf.Tensor3D,
  { rows, columns }: Placement,
  [height, width]: readonly [height: number, width: number],
): tf.Tensor4D {
  const middles = (count: number): number[] => Array.from({ length: count }, (_, i) => (i + 0.5) / count);
  return tf.tidy(() => {
    const placed = sampleHeat(
      heatmaps,
      { rows, columns },
      { rows: middles(height), columns: middles(width) },
    );
    return tf.expandDims<tf.Tensor4D>(placed, 3);
  });
}

/**
 * Heat at other places of its images: between the middles of cells linearly, beyond the last as there.
 * @param heatmaps  float32 [batch, h, w]
 * @param at        shares of the images' height and width
 * @returns         float32 [batch, at.rows, at.columns]; the caller disposes
 * @throws {TypeError} if there is not one place for each row and column
 * @throws {RangeError} if they do not ascend
 */
export function sampleHeat(
  heatmaps: tf.Tensor3D,
  { rows, columns }: Placement,
  at: Pick<Placement, "rows" | "columns">,
): tf.Tensor3D {
  const [, height, width] = heatmaps.shape;
  return tf.tidy(() => {
    const tall = along(heatmaps, 1, expectPlaces("rows", rows, height), listOf(at.rows));
    return along(tall, 2, expectPlaces("columns", columns, width), listOf(at.columns));
  });
}

/** Where each map is hottest, in words, e.g. "heat greatest at 62 % from the left, 40 % from the top"; of equals the first cell. */
export function peaksOf(heatmaps: tf.Tensor3D, { rows, columns }: Placement): readonly string[] {
  const [batch, height, width] = heatmaps.shape;
  const values = unrecorded(() => heatmaps.dataSync());
  const [down, across] = [listOf(rows), listOf(columns)];
  return Array.from({ length: batch }, (_, i) => {
    const map = Array.from(values.subarray(i * height * width, (i + 1) * height * width));
    const at = map.indexOf(map.reduce((most, value) => Math.max(most, value), -Infinity));
    const [left, top] = [across[at % width] ?? 0, down[Math.floor(at / width)] ?? 0];
    return `heat greatest at ${Math.round(100 * left)} % from the left, ${Math.round(100 * top)} % from the top`;
  });
}

/** The pixels whose middle is in the part that was looked at: [1, height, width, 1], 0 or 1. */
export function maskOf(
  { top, bottom, left, right }: ImagePart,
  [height, width]: readonly [height: number, width: number],
): tf.Tensor4D {
  const within = (count: number, from: number, to: number): number[] =>
    Array.from({ length: count }, (_, i) => ((i + 0.5) / count >= from && (i + 0.5) / count <= to ? 1 : 0));
  return tf.tidy(() => {
    const tall = tf.tensor4d(within(height, top, bottom), [1, height, 1, 1]);
    return tall.mul<tf.Tensor4D>(tf.tensor4d(within(width, left, right), [1, 1, width, 1]));
  });
}

function along(
  heat: tf.Tensor3D,
  axis: 1 | 2,
  places: readonly number[],
  at: readonly number[],
): tf.Tensor3D {
  const last = places.length - 1;
  const steps = at.map((share) => {
    const above = places.findIndex((place) => place > share);
    const [from, to] = above < 0 ? [last, last] : [Math.max(0, above - 1), above];
    const [low = 0, high = 0] = [places[from], places[to]];
    const part = high > low ? Math.min(1, Math.max(0, (share - low) / (high - low))) : 0;
    return { from, to, part };
  });
  const taken = (indices: readonly number[]): tf.Tensor3D =>
    tf.gather(heat, tf.tensor1d([...indices], "int32"), axis);
  const shape = axis === 1 ? [1, at.length, 1] : [1, 1, at.length];
  const part = tf.tensor(steps.map((step) => step.part), shape); // prettier-ignore
  const low = taken(steps.map(({ from }) => from));
  return low.add(taken(steps.map(({ to }) => to)).sub(low).mul(part)); // prettier-ignore
}

/** Places as numbers. */
export function listOf(places: Placement["rows"]): readonly number[] {
  return "dataSync" in places ? [...unrecorded(() => places.dataSync())] : places;
}

function expectPlaces(what: string, given: Placement["rows"], count: number): readonly number[] {
  const places = listOf(given);
  if (places.length !== count)
    throw new TypeError(
      `Cannot place heat maps: expected a place for each of ${count} ${what}, got ${places.length}`,
    );
  const wrong = places.findIndex((place, i) => !(place > (places[i - 1] ?? -Infinity)));
  if (wrong < 0) return places;
  throw new RangeError(
    `Cannot place heat maps: expected ${what} that ascend, got ${places[wrong]} at ${wrong}`,
  );
}
