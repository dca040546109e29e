/** The nearest rows by cosine similarity: exact, block by block. */
import { tf } from "../tensorflow";
import type { Rows } from "../training/batch/growing";
import { pickRows } from "./rows";

/** How a search tells of itself and is stopped. */
export interface SearchOptions {
  /** Called as queries are done; progressBar().update takes it. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops between two blocks, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** A row that is near, and the cosine of the angle to it, −1…1. */
export interface NearRow {
  readonly row: number;
  readonly similarity: number;
}

/** Numbers in a block of rows: 32 MB of them. */
const BLOCK_SIZE = 2 ** 23;
const QUERIES = 256;

/**
 * The rows nearest to each query, the nearest first; of equals the one that comes first. At most a block of rows, one of queries and
 * their similarities are in TensorFlow's memory at a time.
 * @param count  how many for each query; fewer if there are fewer rows
 * @throws what the signal gives as its reason
 */
export async function nearestRows(
  rows: Rows,
  queries: Rows,
  count: number,
  { onProgress, signal }: SearchOptions = {},
): Promise<NearRow[][]> {
  const step = Math.max(QUERIES, Math.floor(BLOCK_SIZE / rows.dimensions));
  const found: NearRow[][] = [];
  for (let from = 0; from < queries.count; from += QUERIES) {
    const asked = block(queries, from, QUERIES);
    let best: NearRow[][] = Array.from({ length: asked.count }, () => []);
    for (let at = 0; at < rows.count; at += step) {
      signal?.throwIfAborted();
      const near = await nearestIn(block(rows, at, step), asked, count);
      best = best.map((list, i) => merge(list, near[i] ?? [], at, count));
    }
    found.push(...best);
    onProgress?.({ done: found.length, total: queries.count });
  }
  return found;
}

/**
 * The rows nearest to each row but itself.
 * @throws what the signal gives as its reason
 */
export async function nearestOthers(
  rows: Rows,
  which: readonly number[],
  count: number,
  options: SearchOptions = {},
): Promise<NearRow[][]> {
  const found = await nearestRows(rows, pickRows(rows, which), count + 1, options);
  return found.map((list, i) => list.filter(({ row }) => row !== which[i]).slice(0, count));
}

/** Rows of a block on, without a copy. */
function block({ vectors, dimensions, count }: Rows, from: number, size: number): Rows {
  const to = Math.min(count, from + size);
  return {
    count: to - from,
    dimensions,
    vectors: vectors.subarray(from * dimensions, to * dimensions),
  };
}

async function nearestIn(rows: Rows, queries: Rows, count: number): Promise<NearRow[][]> {
  const k = Math.min(count, rows.count);
  const { values, indices } = tf.tidy(() =>
    tf.topk(tf.matMul(unitRows(queries), unitRows(rows), false, true), k),
  );
  try {
    const [similarities, which] = await Promise.all([values.data(), indices.data()]);
    return Array.from({ length: queries.count }, (_, query) =>
      Array.from({ length: k }, (_, i) => ({
        row: which[query * k + i] ?? 0,
        similarity: similarities[query * k + i] ?? NaN,
      })),
    );
  } finally {
    tf.dispose([values, indices]);
  }
}

/** Each of length 1; zeros stay zeros. */
function unitRows({ vectors, count, dimensions }: Rows): tf.Tensor2D {
  const rows = tf.tensor2d(vectors, [count, dimensions], "float32");
  return tf.divNoNan<tf.Tensor2D>(rows, tf.norm(rows, "euclidean", 1, true));
}

function merge(best: readonly NearRow[], near: readonly NearRow[], offset: number, count: number): NearRow[] {
  const all = [
    ...best,
    ...near.map(({ row, similarity }) => ({ row: row + offset, similarity: clip(similarity) })),
  ];
  return all.sort((a, b) => b.similarity - a.similarity || a.row - b.row).slice(0, count);
}

/** Rounding may put the cosine of two equal vectors above 1. */
function clip(similarity: number): number {
  return Math.min(1, Math.max(-1, similarity));
}
