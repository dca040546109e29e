/** One part of several that share the work; a Cluster is one. */
export interface Shard {
  /** How many parts there are. */
  readonly size: number;
  /** Which of them, from 0. */
  readonly rank: number;
}

/** @throws {RangeError} if it is none */
export function expectShard({ size, rank }: Shard = { size: 1, rank: 0 }): Shard {
  const isWhole = Number.isInteger(size) && Number.isInteger(rank);
  if (isWhole && rank >= 0 && rank < size) return { size, rank };
  throw new RangeError(
    `Cannot read dataset: expected a shard of rank 0 … size − 1, got rank ${rank} of ${size}`,
  );
}
