/** What a model made of photos. */
import { classNameOf } from "../inspect/caption";
import type { Scored } from "./roccurves";
import { addConfusion, noConfusion } from "../training/metrics/confusion";

/** Photos' logits and labels, by their place in the input. */
export interface Outcomes {
  readonly count: number;
  readonly numClasses: number;
  /** float32 [count, numClasses], row by row */
  readonly logits: Float32Array;
  /** The true class of each. */
  readonly labels: Int32Array;
  /** The likeliest class of each. */
  readonly predicted: Int32Array;
  /** Of all classes, in words. */
  readonly classNames: readonly string[];
  /** Of the photos, "" where one has none; undefined if the input tells none. */
  readonly filenames: readonly string[] | undefined;
}

/** The name of a class. */
export function className({ classNames }: Outcomes, index: number): string {
  return classNameOf(index, classNames);
}

/**
 * The logarithm of a class's probability: logit/T − log Σ exp(logit/T), in doubles, so that it is finite where the probability is 0 in
 * float32.
 * @param temperature  T, by which logits are divided
 */
export function logProbability(
  { logits, numClasses }: Pick<Outcomes, "logits" | "numClasses">,
  photo: number,
  index: number,
  temperature = 1,
): number {
  const from = photo * numClasses;
  let most = -Infinity;
  for (let i = 0; i < numClasses; i++) most = Math.max(most, (logits[from + i] ?? NaN) / temperature);
  let sum = 0;
  for (let i = 0; i < numClasses; i++) sum += Math.exp((logits[from + i] ?? NaN) / temperature - most);
  return (logits[from + index] ?? NaN) / temperature - most - Math.log(sum);
}

/** The photos with their classes' probabilities. */
export function scoredBy(outcomes: Outcomes): Scored {
  const { count, numClasses, classNames, labels, logits } = outcomes;
  const logitOf = (photo: number, index: number): number => logits[photo * numClasses + index] ?? NaN;
  // What is taken from a photo's logits so that they are logarithms of probabilities.
  const sums = Float64Array.from({ length: count }, (_, photo) => logitOf(photo, 0) - logProbability(outcomes, photo, 0)); // prettier-ignore
  return {
    ...{ count, numClasses, classNames },
    scoreOf: (photo, index) => Math.exp(logitOf(photo, index) - (sums[photo] ?? NaN)),
    has: (photo, index) => labels[photo] === index,
  };
}

/** Counts of photos by true class (rows) and predicted class (columns). */
export function countsOf({ numClasses, labels, predicted }: Outcomes): number[][] {
  const counts = noConfusion(numClasses);
  addConfusion(counts, labels, predicted);
  return counts;
}
