/** Places of vectors in two dimensions. */
import { setImmediate as turn } from "node:timers/promises";
import { UMAP } from "umap-js";
import { createRandom } from "../input/chance";
import { nearestOthers, type NearRow, type SearchOptions } from "./neighbors";
import type { Rows } from "../training/batch/growing";

/** How UMAP lays out. */
export interface LayoutOptions {
  /** How many neighbors of each photo count, itself among them: more show the whole, fewer the small groups. @default 15 */
  readonly neighbors?: number;
  /** How close points may come, 0…1. @default 0.1 */
  readonly minDist?: number;
  /** The same gives the same picture. @default 0 */
  readonly seed?: number;
}

/** Milliseconds of work between two turns of others. */
const SLICE_MS = 50;

/**
 * The place of each row by UMAP, whose neighbors are exact ones by cosine.
 * @returns  [x, y] by row, −1…1
 * @throws {RangeError} if there are fewer than three rows, or an option is out of its range
 * @throws what the signal gives as its reason
 */
export async function layOut(
  rows: Rows,
  options: LayoutOptions,
  { onProgress, signal }: SearchOptions,
): Promise<(readonly [number, number])[]> {
  const { neighbors = 15, minDist = 0.1, seed = 0 } = options;
  expectLayout(rows, { neighbors, minDist, seed });
  const nNeighbors = Math.min(neighbors, rows.count - 1);
  const all = Array.from({ length: rows.count }, (_, row) => row);
  const near = await nearestOthers(rows, all, nNeighbors - 1, { ...(signal && { signal }) });
  const umap = new UMAP({ nNeighbors, minDist, random: createRandom(seed) });
  umap.setPrecomputedKNN(
    near.map((list, row) => [row, ...list.map((one) => one.row)]),
    near.map((list) => [0, ...list.map(distanceTo)]),
  );
  const total = umap.initializeFit(all.map(() => [])); // it reads how many there are, and no more
  let rested = performance.now();
  for (let done = 0; done < total; done = umap.step()) {
    if (performance.now() - rested < SLICE_MS) continue;
    onProgress?.({ done, total });
    await turn();
    signal?.throwIfAborted();
    rested = performance.now();
  }
  onProgress?.({ done: total, total });
  return centred(umap.getEmbedding());
}

function distanceTo({ similarity }: NearRow): number {
  return 1 - similarity;
}

function expectLayout({ count }: Rows, { neighbors, minDist, seed }: Required<LayoutOptions>): void {
  const cannot = "Cannot lay out embeddings: expected";
  if (count < 3) throw new RangeError(`${cannot} three photos or more, got ${count}`);
  if (!(Number.isSafeInteger(neighbors) && neighbors >= 2))
    throw new RangeError(`${cannot} neighbors a whole number from 2 on, got ${neighbors}`);
  if (!(minDist >= 0 && minDist <= 1)) throw new RangeError(`${cannot} minDist in 0…1, got ${minDist}`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`${cannot} seed a whole number, got ${seed}`);
}

/** In the middle of −1…1, which each axis fills. */
function centred(places: readonly (readonly number[])[]): (readonly [number, number])[] {
  const [xs = [], ys = []] = [0, 1].map((axis) => filling(places.map((place) => place[axis] ?? 0)));
  return places.map((_, i) => [xs[i] ?? 0, ys[i] ?? 0]);
}

function filling(values: readonly number[]): number[] {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  return values.map((value) => (2 * value - low - high) / (high - low || 1));
}
