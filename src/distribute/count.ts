import { allReduceAsync, tf, type CollectiveGroup } from "../tensorflow";

/** What one process says at a place that all come to. */
export interface Say {
  /** Whether it goes on. */
  readonly yes: boolean;
  /** Whether it has nothing more to do with the others. */
  readonly closing: boolean;
}

/** How many say so, of all. @throws {TensorFlowError} if one is gone */
export async function count(
  group: CollectiveGroup,
  { yes, closing }: Say,
): Promise<{ readonly yes: number; readonly closing: number }> {
  const mine = tf.tensor1d([Number(yes), Number(closing)]);
  try {
    const sums = await allReduceAsync(mine, "sum", { group, name: "count" });
    const [all = 0, closed = 0] = await sums.data();
    sums.dispose();
    return { yes: all, closing: closed };
  } finally {
    mine.dispose();
  }
}
