/** The area under a curve of thresholds. */
import { isPositiveClass, readProbabilityOf } from "./binary";
import { readLabels, readWeights } from "./inputs";
import { defineMetric, expectWhole, increase, ratio, type Metric } from "./metric";

/** Options of aucMetric(). */
export interface AucOptions {
  /** True against false positives, or precision against recall. @default "ROC" */
  readonly curve?: "ROC" | "PR";
  /** How many thresholds, spread evenly, approximate the curve: 2 or more. @default 200 */
  readonly numThresholds?: number;
  /** The thresholds themselves, in 0 … 1, in any order; one below 0 and one above 1 are added. @default evenly spread */
  readonly thresholds?: readonly number[];
  /**
   * How the area between two thresholds is reckoned. "careful_interpolation" is right for "PR" and is the trapezoidal
   * rule for "ROC"; "minoring" and "majoring" bound the area. @default "trapezoidal"
   */
  readonly summationMethod?: "trapezoidal" | "careful_interpolation" | "minoring" | "majoring";
  /** The class that counts as positive. @default every class but 0, with the probability of class 1 of two */
  readonly classId?: number;
}

/** Counts at each threshold, from the lowest to the highest. */
interface Curve {
  readonly truePositives: readonly number[];
  readonly falsePositives: readonly number[];
  readonly positives: number;
  readonly negatives: number;
}

/** tf.metrics.auc's, against division by zero: without positives the area of "ROC" is about 1. */
const epsilon = 1e-6;
/** Puts the outer thresholds beyond every probability. */
const margin = 1e-7;

/**
 * The area under the receiver operating characteristic (or the precision-recall curve), as tf.metrics.auc; 0 where
 * nothing was counted. Needs `labels` and `probabilities`, which must be in 0 … 1.
 * @throws {RangeError} if an option is out of range
 * @example
 * const auc = aucMetric({ curve: "PR", summationMethod: "careful_interpolation" });
 */
export function aucMetric(options: AucOptions = {}): Metric {
  const { curve = "ROC", classId } = options;
  const name = `AUC (${curve})`;
  const thresholds = thresholdsOf(name, options);
  const area = areaOf(name, options);
  if (classId !== undefined) expectWhole(name, "classId", classId, 0);
  const buckets = thresholds.length - 1;
  return defineMetric({
    name,
    // by the highest threshold that the probability is above
    sizes: { positives: buckets, negatives: buckets },
    options: { thresholds, classId: [classId ?? -1] },
    async read(inputs) {
      const labels = await readLabels(name, inputs);
      const probability = await readProbabilityOf(name, inputs, labels.length, classId);
      const weight = await readWeights(name, inputs, labels.length);
      const places = Array.from(labels, (_, index) => bucketOf(name, probability(index), thresholds));
      return ({ positives, negatives }) =>
        places.forEach((place, index) => {
          const isPositive = isPositiveClass(labels[index] ?? 0, classId);
          increase(isPositive ? positives : negatives, place, weight(index));
        });
    },
    result: ({ positives, negatives }) => {
      const truePositives = fromAbove(positives);
      const falsePositives = fromAbove(negatives);
      const [all = 0] = truePositives;
      const [none = 0] = falsePositives;
      return area({ truePositives, falsePositives, positives: all, negatives: none });
    },
  });
}

/** The thresholds as float32, ascending, with one at each end that no probability passes. */
function thresholdsOf(name: string, { numThresholds = 200, thresholds }: AucOptions): number[] {
  expectWhole(name, "numThresholds", numThresholds, 2);
  const wrong = thresholds?.find((threshold) => !(threshold >= 0 && threshold <= 1));
  if (wrong !== undefined) {
    throw new RangeError(`Cannot make ${name}: expected thresholds in 0 … 1, got ${wrong}`);
  }
  const inner =
    thresholds?.slice().sort((a, b) => a - b) ??
    Array.from({ length: numThresholds - 2 }, (_, index) => (index + 1) / (numThresholds - 1));
  return [-margin, ...inner, 1 + margin].map(Math.fround);
}

function bucketOf(name: string, probability: number, thresholds: readonly number[]): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`Cannot update ${name}: expected probabilities in 0 … 1, got ${probability}`);
  }
  let [low, high] = [0, thresholds.length - 1]; // above thresholds[low], not above thresholds[high]
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (probability > (thresholds[middle] ?? NaN)) low = middle;
    else high = middle;
  }
  return low;
}

/** The sum of each bucket and all above it, and 0 for the threshold above all. */
function fromAbove(buckets: readonly number[]): number[] {
  let sum = 0;
  return [0, ...buckets.slice().reverse()].map((count) => (sum += count)).reverse();
}

function areaOf(name: string, options: AucOptions): (counts: Curve) => number {
  const { curve = "ROC", summationMethod = "trapezoidal" } = options;
  const heights = {
    trapezoidal: (a: number, b: number) => (a + b) / 2,
    careful_interpolation: (a: number, b: number) => (a + b) / 2,
    minoring: Math.min,
    majoring: Math.max,
  };
  if (curve !== "ROC" && curve !== "PR") {
    throw new RangeError(`Cannot make ${name}: expected curve "ROC" or "PR", got ${String(curve)}`);
  }
  if (!Object.hasOwn(heights, summationMethod)) {
    throw new RangeError(
      `Cannot make ${name}: expected summationMethod ${Object.keys(heights).join(", ")}, got ${summationMethod}`,
    );
  }
  if (curve === "PR" && summationMethod === "careful_interpolation") return interpolatedArea;
  const height = heights[summationMethod];
  return (counts) => {
    const { x, y } = curve === "ROC" ? operatingCurve(counts) : precisionCurve(counts);
    return sumOver(x.length - 1, (i) => {
      const [left = 0, right = 0] = [x[i], x[i + 1]];
      return (left - right) * height(y[i] ?? 0, y[i + 1] ?? 0);
    });
  };
}

function operatingCurve({ truePositives, falsePositives, positives, negatives }: Curve) {
  return {
    x: falsePositives.map((count) => count / (negatives + epsilon)),
    y: truePositives.map((count) => (count + epsilon) / (positives + epsilon)),
  };
}

function precisionCurve({ truePositives, falsePositives, positives }: Curve) {
  return {
    x: truePositives.map((count) => (count + epsilon) / (positives + epsilon)),
    y: truePositives.map((count, i) => (count + epsilon) / (count + (falsePositives[i] ?? 0) + epsilon)),
  };
}

/** Davis and Goadrich, The Relationship Between Precision-Recall and ROC Curves, 2006, section 4. */
function interpolatedArea({ truePositives, falsePositives, positives }: Curve): number {
  return sumOver(truePositives.length - 1, (i) => {
    const [lower = 0, upper = 0] = [truePositives[i], truePositives[i + 1]];
    const all = lower + (falsePositives[i] ?? 0);
    const above = upper + (falsePositives[i + 1] ?? 0);
    const slope = ratio(lower - upper, all - above);
    const intercept = upper - slope * above;
    const relative = all > 0 && above > 0 ? ratio(all, above) : 1;
    return ratio(slope * (lower - upper + intercept * Math.log(relative)), positives);
  });
}

function sumOver(length: number, term: (index: number) => number): number {
  return Array.from({ length }, (_, index) => term(index)).reduce((sum, value) => sum + value, 0);
}
