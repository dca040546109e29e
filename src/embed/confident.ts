/** Confident learning: which labels held-out probabilities contradict. */

/** Photos' labels, and the probabilities of a network that has not seen them. */
export interface HeldOut {
  readonly labels: Int32Array;
  readonly numClasses: number;
  /** [photos, numClasses] */
  readonly probabilities: ArrayLike<number>;
}

/** What is made of them. */
export interface ConfidentLearning {
  /** By class: the mean of its photos' probability of it; undefined for a class without photos. From it on a photo is taken for the class. */
  readonly thresholds: readonly (number | undefined)[];
  /** Photos by label (rows) and by the class that they are taken for; photos that are taken for none are in no cell. */
  readonly joint: readonly (readonly number[])[];
  /** The photos that are taken for another class than their label, in their order, and that class. */
  readonly issues: readonly { readonly photo: number; readonly suggested: number }[];
}

/** Probabilities that differ by less count as equal: cleanlab's FLOATING_POINT_COMPARISON. */
const EQUAL = 1e-6;

/**
 * Confident learning: a photo is taken for the likeliest of the classes whose threshold its probability reaches. Its label is an issue
 * if that is another, unless the label is the likeliest class of all.
 * @see Northcutt, Jiang, Chuang 2021 (arXiv 1911.00068) §3.1; cleanlab 2.9, find_label_issues(filter_by="confident_learning")
 */
export function learnConfidently(held: HeldOut): ConfidentLearning {
  const { labels, numClasses } = held;
  const thresholds = thresholdsOf(held);
  const joint = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  const issues: { photo: number; suggested: number }[] = [];
  labels.forEach((label, photo) => {
    const row = rowOf(held, photo);
    const reached = thresholds.flatMap((limit, i) => ((row[i] ?? NaN) >= (limit ?? Infinity) - EQUAL ? [i] : [])); // prettier-ignore
    const [first] = reached;
    if (first === undefined) return;
    const suggested = reached.length === 1 ? first : likeliest(row);
    const counts = joint[label] ?? [];
    counts[suggested] = (counts[suggested] ?? 0) + 1;
    const raised = row.map((value, i) => (i === label ? value + EQUAL : value));
    if (suggested !== label && likeliest(raised) !== label) issues.push({ photo, suggested });
  });
  return { thresholds, joint, issues };
}

/** How far a label is believed: the probability of it, 0…1. */
export function selfConfidence(held: HeldOut, photo: number): number {
  return rowOf(held, photo)[held.labels[photo] ?? -1] ?? NaN;
}

/** How far a label is before the likeliest other class, 0…1: (p(label) − max p(other) + 1) / 2. */
export function normalizedMargin(held: HeldOut, photo: number): number {
  const others = rowOf(held, photo).filter((_, i) => i !== held.labels[photo]);
  return (selfConfidence(held, photo) - Math.max(...others) + 1) / 2;
}

function rowOf({ probabilities, numClasses }: HeldOut, photo: number): number[] {
  return Array.from({ length: numClasses }, (_, i) => probabilities[photo * numClasses + i] ?? NaN);
}

function likeliest(row: readonly number[]): number {
  return row.indexOf(Math.max(...row));
}

function thresholdsOf({ labels, numClasses, probabilities }: HeldOut): (number | undefined)[] {
  const [sums, counts] = [new Float64Array(numClasses), new Float64Array(numClasses)];
  labels.forEach((label, photo) => {
    sums[label] = (sums[label] ?? NaN) + (probabilities[photo * numClasses + label] ?? NaN);
    counts[label] = (counts[label] ?? NaN) + 1;
  });
  return Array.from(sums, (sum, i) => (counts[i] === 0 ? undefined : Math.max(sum / (counts[i] ?? NaN), 2 * EQUAL))); // prettier-ignore
}
