/** Vectors, one after the other in one array. */

/** Vectors of one length. */
export interface Rows {
  readonly count: number;
  readonly dimensions: number;
  /** float32 [count, dimensions] */
  readonly vectors: Float32Array;
}

/** Some rows of others, copied. */
export function pickRows({ vectors, dimensions }: Rows, picked: readonly number[]): Rows {
  const copy = new Float32Array(picked.length * dimensions);
  picked.forEach((row, i) =>
    copy.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions),
  );
  return { count: picked.length, dimensions, vectors: copy };
}

/** Rows that come batch by batch; where their number is known beforehand, their memory is taken once. */
export class GrowingRows {
  private values = new Float32Array(0);
  private used = 0;
  private dimensions = 0;

  /** @param expected  how many are to come, if that is known */
  constructor(private readonly expected: number | undefined) {}

  get count(): number {
    return this.dimensions === 0 ? 0 : this.used / this.dimensions;
  }

  /**
   * Adds the rows of a batch.
   * @throws {RangeError} that names the photo of which a number is not finite
   */
  add(batch: Float32Array, dimensions: number): void {
    this.dimensions = dimensions;
    const wrong = batch.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new RangeError(
        `Cannot embed photo ${this.count + Math.floor(wrong / dimensions)}: expected finite numbers, got ${batch[wrong]}: the model has diverged`,
      );
    if (this.used + batch.length > this.values.length) {
      const least = (this.expected ?? 0) * dimensions;
      const grown = new Float32Array(Math.max(least, 2 * this.values.length, this.used + batch.length));
      grown.set(this.values.subarray(0, this.used));
      this.values = grown;
    }
    this.values.set(batch, this.used);
    this.used += batch.length;
  }

  rows(): Rows {
    const { count, dimensions } = this;
    return { count, dimensions, vectors: this.values.subarray(0, this.used) };
  }
}
