/** A dataset of an HDF5 file in pieces. */

import { elementsOf } from "./file";

/** A piece of an array: by dimension, where it begins and how much it has. Its values lie one after the other in the array. */
export interface Slab {
  readonly offset: readonly number[];
  readonly count: readonly number[];
}

/**
 * The pieces of an array, row by row.
 * @param shape   [one dimension at least, none of them 0]
 * @param most    how many values a piece may have at most
 * @param chunks  the pieces in which the file has it, if it has: pieces then have whole ones along the first dimension, so that
 *   each is unpacked once, and may be larger
 */
export function* slabsOf(
  shape: readonly number[],
  most: number,
  chunks: readonly number[] | null,
): Generator<Slab> {
  const axis = chunks === null ? axisToCut(shape, most) : 0;
  const inner = elementsOf(shape.slice(axis + 1));
  const step = chunks?.[0] ?? 1;
  const rows = Math.max(1, Math.floor(most / inner / step)) * step;
  const length = shape[axis] ?? 1;
  const outer = shape.slice(0, axis);
  for (let turn = 0; turn < elementsOf(outer); turn++) {
    const place = indicesOf(turn, outer);
    for (let row = 0; row < length; row += rows)
      yield {
        offset: [...place, row, ...shape.slice(axis + 1).fill(0)],
        count: [...outer.map(() => 1), Math.min(rows, length - row), ...shape.slice(axis + 1)],
      };
  }
}

/** The first dimension one index of which is not too much. */
function axisToCut(shape: readonly number[], most: number): number {
  const axis = shape.findIndex((_, i) => elementsOf(shape.slice(i + 1)) <= most);
  return Math.max(0, axis);
}

/** The index by dimension of a place in a row-major array. */
function indicesOf(place: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  for (const size of shape.toReversed()) {
    indices.unshift(place % size);
    place = Math.floor(place / size);
  }
  return indices;
}
