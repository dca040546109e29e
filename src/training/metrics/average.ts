/** One number of those of several classes. */

/**
 * "macro": the mean over the classes; "weighted": by how many examples have each; "micro": of all examples and classes as if they
 * were of one; "none": one for each class, in their order.
 */
export type Average = "macro" | "weighted" | "micro" | "none";

/** What is measured of each class. */
export interface ByClass {
  /** NaN where it can't be told. */
  readonly values: readonly number[];
  /** How many examples have the class, by weight. */
  readonly support: readonly number[];
}

/** The average over classes of which it can be told; 0 where it is of none. */
export function averageOf({ values, support }: ByClass, average: "macro" | "weighted"): number {
  let [sum, count] = [0, 0];
  values.forEach((value, index) => {
    const weight = average === "macro" ? 1 : (support[index] ?? 0);
    if (Number.isNaN(value) || weight === 0) return;
    sum += value * weight;
    count += weight;
  });
  return count === 0 ? 0 : sum / count;
}

/** @throws {RangeError} if it is none */
export function expectAverage(metric: string, average: Average): void {
  if (["macro", "weighted", "micro", "none"].includes(average)) return;
  throw new RangeError(
    `Cannot make ${metric}: expected average "macro", "weighted", "micro" or "none", got "${average}"`,
  );
}
