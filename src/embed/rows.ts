/** Vectors, one after the other in one array. */
import type { Rows } from "../training/batch/growing";

/** Some rows of others, copied. */
export function pickRows({ vectors, dimensions }: Rows, picked: readonly number[]): Rows {
  const copy = new Float32Array(picked.length * dimensions);
  picked.forEach((row, i) =>
    copy.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions),
  );
  return { count: picked.length, dimensions, vectors: copy };
}
