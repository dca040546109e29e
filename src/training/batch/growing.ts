/** Numbers of photos that come batch by batch, in one array. */

/** Vectors of one length. */
export interface Rows {
  readonly count: number;
  readonly dimensions: number;
  /** float32 [count, dimensions] */
  readonly vectors: Float32Array;
}

/** Rows that come batch by batch; where their number is known beforehand, their memory is taken once. */
export class GrowingRows {
  private values = new Float32Array(0);
  private used = 0;
  private dimensions = 0;

  /**
   * @param expected  how many are to come, if that is known
   * @param refusal   the error of a row of which a number is not finite
   */
  constructor(
    private readonly expected: number | undefined,
    private readonly refusal: (row: number, got: number) => Error,
  ) {}

  get count(): number {
    return this.dimensions === 0 ? 0 : this.used / this.dimensions;
  }

  /**
   * Adds the rows of a batch.
   * @throws the refusal, if a number is not finite
   */
  add(batch: Float32Array, dimensions: number): void {
    this.dimensions = dimensions;
    const wrong = batch.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw this.refusal(this.count + Math.floor(wrong / dimensions), batch[wrong] ?? NaN);
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
