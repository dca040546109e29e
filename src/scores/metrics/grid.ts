/** The equations of pixels that are the mean of their neighbours, and what solves them roughly at once: a multigrid cycle. */
import { tf } from "../../tensorflow";

/** Weights of a pixel's neighbours: 1/6 of those at its sides, 1/12 of those at its corners. */
const NEIGHBOURS = [1, 2, 1, 2, 0, 2, 1, 2, 1].map((weight) => weight / 12);
/** Between the middles of large cells linearly, where each was split in four. */
const BETWEEN = [1, 2, 1, 2, 4, 2, 1, 2, 1].map((weight) => weight / 16);

/** A grid, and the one of cells of four times the size below it. */
export interface Grid {
  /** float32 [rows, height, width, 1]: 1 for cells that are sought, 0 for those that stay */
  readonly sought: tf.Tensor4D;
  /** float32 [1, height, width, 1]: 1 in the image, 0 beyond its edge */
  readonly inside: tf.Tensor4D;
  /** float32 [1, height, width, 1]: the sum of the weights of those neighbours that a cell has */
  readonly around: tf.Tensor4D;
  readonly coarse: Grid | undefined;
}

/** The grids of images of which some pixels are sought; a large cell is sought if all its pixels are. */
export function gridOf(sought: tf.Tensor4D, given?: tf.Tensor4D): Grid {
  const [, height, width] = sought.shape;
  const inside = given ?? tf.ones<tf.Rank.R4>([1, height, width, 1]);
  const around = weighted(inside, NEIGHBOURS).mul<tf.Tensor4D>(inside);
  if (Math.max(height, width) <= 2) return { sought, inside, around, coarse: undefined };
  const [all, there] = [means(sought), means(inside)];
  const isWhole = tf.greaterEqual<tf.Tensor4D>(all, there).toFloat();
  return { sought, inside, around, coarse: gridOf(isWhole, tf.greater<tf.Tensor4D>(there, 0).toFloat()) };
}

/** What is too much in the equation of each cell that is sought, 0 in the others: its weights times itself, less its neighbours. */
export function excess({ sought, around }: Grid, values: tf.Tensor4D): tf.Tensor4D {
  return values.mul(around).sub(weighted(values, NEIGHBOURS)).mul<tf.Tensor4D>(sought);
}

/**
 * About the values whose excess is `wanted`: one V-cycle, a step of Jacobi's method before and after what the coarser grid says. It is
 * linear and symmetric, as conjugate gradients need it.
 * @see Briggs, Henson, McCormick 2000, "A multigrid tutorial", chapter 3
 */
export function roughly(grid: Grid, wanted: tf.Tensor4D): tf.Tensor4D {
  const jacobi = (left: tf.Tensor4D): tf.Tensor4D => tf.divNoNan(left, grid.around);
  let values = jacobi(wanted);
  if (grid.coarse !== undefined) {
    const left = wanted.sub<tf.Tensor4D>(excess(grid, values));
    // The same equations on cells of four times the size are of values four times as curved.
    const below = roughly(grid.coarse, coarser(grid, left).mul(grid.coarse.sought).mul(4));
    values = values.add(finer(grid, below));
  }
  return values.add(jacobi(wanted.sub(excess(grid, values))));
}

/** The sum of what is around each cell, by weights of 3 x 3 cells; beyond the edge are zeros. */
function weighted(values: tf.Tensor4D, weights: readonly number[]): tf.Tensor4D {
  const [, , , channels] = values.shape;
  const kernel = weights.flatMap((weight) => new Array<number>(channels).fill(weight));
  return tf.depthwiseConv2d(values, tf.tensor4d(kernel, [3, 3, channels, 1]), 1, "same");
}

/** The mean of each four cells; beyond the edge are zeros. */
function means(values: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = values.shape;
  const even = tf.pad<tf.Tensor4D>(values, [[0, 0], [0, height % 2], [0, width % 2], [0, 0]]); // prettier-ignore
  return tf.avgPool(even, 2, 2, "valid");
}

/** Values of large cells on the grid's own, between their middles linearly. */
function finer({ sought, inside }: Grid, below: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = sought.shape;
  const split = tf.image.resizeNearestNeighbor<tf.Tensor4D>(below, [2 * below.shape[1], 2 * below.shape[2]]);
  const cut = tf.slice(split, [0, 0, 0, 0], [-1, height, width, -1]);
  return tf.divNoNan(weighted(cut, BETWEEN), weighted(inside, BETWEEN)).mul<tf.Tensor4D>(sought);
}

/** The transpose of finer(), over 4. */
function coarser({ sought, inside }: Grid, values: tf.Tensor4D): tf.Tensor4D {
  const shares = tf.divNoNan<tf.Tensor4D>(values.mul(sought), weighted(inside, BETWEEN));
  return means(weighted(shares, BETWEEN));
}
