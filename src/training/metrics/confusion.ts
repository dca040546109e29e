/** Metrics by class: the confusion matrix, and the mean of the accuracies of the classes. */
import { at, expectClasses, readExamples } from "./inputs";
import { defineMetric, expectWhole, increase, ratio, type Metric } from "./metric";

/** Options of confusionMatrixMetric() and meanPerClassAccuracyMetric(). */
export interface ClassOptions {
  /** How many classes there are: 1 or more. */
  readonly numClasses: number;
}

/** Counts of no examples by label (rows) and predicted class (columns). */
export function noConfusion(numClasses: number): number[][] {
  return Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
}

/** Counts examples by label and predicted class; a prediction below 0 is none. */
export function addConfusion(
  counts: readonly number[][],
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
): void {
  for (let i = 0; i < labels.length; i++) {
    const row = counts[at(labels, i)];
    const guess = predicted[i] ?? -1;
    if (row !== undefined && guess >= 0) increase(row, guess, 1);
  }
}

/**
 * Examples by label (rows) and predicted class (columns), by weight, as tf.math.confusion_matrix.
 * Needs `labels`, and `classes` or `probabilities`.
 * @throws {RangeError} if numClasses is no whole number above 0
 */
export function confusionMatrixMetric({ numClasses }: ClassOptions): Metric<number[][]> {
  const name = "confusion matrix";
  expectWhole(name, "numClasses", numClasses, 1);
  return defineMetric({
    name,
    sizes: { counts: numClasses * numClasses },
    options: { numClasses: [numClasses] },
    async read(inputs) {
      const { labels, classes, weight } = await readExamples(name, inputs);
      expectClasses(name, "labels", labels, numClasses);
      expectClasses(name, "classes", classes, numClasses);
      return ({ counts }) => {
        for (let index = 0; index < labels.length; index++) {
          increase(counts, at(labels, index) * numClasses + at(classes, index), weight(index));
        }
      };
    },
    result: ({ counts }) =>
      Array.from({ length: numClasses }, (_, row) => counts.slice(row * numClasses, (row + 1) * numClasses)),
  });
}

/**
 * The mean over the classes of each one's accuracy, as tf.metrics.mean_per_class_accuracy: a class without examples
 * counts as 0. Needs `labels`, and `classes` or `probabilities`.
 * @throws {RangeError} if numClasses is no whole number above 0
 */
export function meanPerClassAccuracyMetric({ numClasses }: ClassOptions): Metric {
  const name = "mean per class accuracy";
  expectWhole(name, "numClasses", numClasses, 1);
  return defineMetric({
    name,
    sizes: { total: numClasses, count: numClasses },
    async read(inputs) {
      const { labels, classes, weight } = await readExamples(name, inputs);
      expectClasses(name, "labels", labels, numClasses);
      return ({ total, count }) => {
        for (let index = 0; index < labels.length; index++) {
          const label = at(labels, index);
          increase(total, label, label === classes[index] ? weight(index) : 0);
          increase(count, label, weight(index));
        }
      };
    },
    result: ({ total, count }) =>
      total.reduce((sum, right, index) => sum + ratio(right, at(count, index)), 0) / numClasses,
  });
}
