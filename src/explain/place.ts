/** Where in a network an explanation is taken from, and where its cells look. */
import { AUX_LOGITS, GLOBAL_POOL } from "../model/layers";
import type { Model } from "../model/model";
import { quoteNearest, tf } from "../tensorflow";

/** A convolutional endpoint, and the last place up to it at which the network can be cut. */
export interface Place {
  readonly endpoint: string;
  /** What lies before this endpoint is computed once. undefined: there is no cut before */
  readonly from: string | undefined;
}

/** What comes after the last convolution of the network itself. */
const ENDS = [GLOBAL_POOL, AUX_LOGITS];

/**
 * The place of an endpoint's name.
 * @param wanted  by TF-Slim's name. @default the last block's; of other networks the last with more than one pixel
 * @throws {RangeError} if it is none of the model's convolutional ones, naming those there are
 */
export function placeOf(model: Model, wanted: string | undefined): Place {
  const convolutional = model.declaration.endpoints.filter(({ name }) => !ENDS.includes(name));
  const names = convolutional.map(({ name }) => name);
  const blocks = names.filter((name) => /\/block\d+$/.test(name));
  const wide = convolutional.filter(({ shape: [, height, width] }) => height * width > 1);
  const endpoint = wanted ?? blocks.at(-1) ?? wide.at(-1)?.name ?? names.at(-1) ?? "";
  if (!names.includes(endpoint))
    throw new RangeError(
      `Cannot explain by endpoint "${endpoint}": expected a convolutional one of the model's, ${names.join(", ")}; the nearest are ${quoteNearest(endpoint, names)}`,
    );
  const before = new Set(names.slice(0, names.indexOf(endpoint) + 1));
  return { endpoint, from: model.deepestCut((cut) => before.has(cut.endpoint))?.endpoint };
}

/** Where the cells of heat maps look; see Placement. */
export type Cells = {
  /** float32 [height]: the middle of what each row of the maps looks at, as a share of the images' height; see Model.fieldOfView() */
  readonly rows: tf.Tensor1D;
  /** float32 [width]: the same of columns */
  readonly columns: tf.Tensor1D;
};

/** Where the cells of an endpoint look, on images of that shape. */
export function cellsOf(model: Model, endpoint: string, { shape: [, height, width] }: tf.Tensor4D): Cells {
  const { cells, start, stride } = model.fieldOfView(endpoint, [height, width]);
  const along = (i: 0 | 1, side: number): tf.Tensor1D =>
    tf.tensor1d(Array.from({ length: cells[i] }, (_, cell) => (start[i] + stride * cell + 0.5) / side));
  return { rows: along(0, height), columns: along(1, width) };
}

/** Where the pixels of images are. */
export function pixelsOf({ shape: [, height, width] }: tf.Tensor4D): Cells {
  const along = (side: number): tf.Tensor1D =>
    tf.tensor1d(Array.from({ length: side }, (_, pixel) => (pixel + 0.5) / side));
  return { rows: along(height), columns: along(width) };
}
