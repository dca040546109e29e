/** How many of the predictions of several classes an example are right. */
import { isPredicted, readLabelRows, thresholdsOf, type MultiLabelThresholdOptions } from "./labelrows";
import { defineMetric, first, increase, ratio, type Metric } from "./metric";

/**
 * How many of the predictions of all examples and classes are right, as tf.keras.metrics.BinaryAccuracy, Model.accuracy() and 1 −
 * hammingLossMetric(): high where most examples have few of the classes.
 * Needs `labels`, float32 [batch, classes] or int32 [batch], and `probabilities`; where one is NaN the prediction is wrong.
 * @throws {RangeError} if an option is out of range
 */
export function multiLabelAccuracyMetric(options: MultiLabelThresholdOptions): Metric {
  return matchMetric("accuracy", options, (wrong, classes) => 1 - wrong / classes);
}

/**
 * How many of the predictions of all examples and classes are wrong, as scikit-learn's hamming_loss.
 * Needs what multiLabelAccuracyMetric() does.
 * @throws {RangeError} if an option is out of range
 */
export function hammingLossMetric(options: MultiLabelThresholdOptions): Metric {
  return matchMetric("Hamming loss", options, (wrong, classes) => wrong / classes);
}

/**
 * Of how many examples all classes are predicted rightly, as scikit-learn's accuracy_score.
 * Needs what multiLabelAccuracyMetric() does.
 * @throws {RangeError} if an option is out of range
 */
export function subsetAccuracyMetric(options: MultiLabelThresholdOptions): Metric {
  return matchMetric("subset accuracy", options, (wrong) => (wrong === 0 ? 1 : 0));
}

/** @param score  what an example counts, of whose classes so many are predicted wrongly */
function matchMetric(
  name: string,
  options: MultiLabelThresholdOptions,
  score: (wrong: number, classes: number) => number,
): Metric {
  const thresholds = thresholdsOf(name, options);
  return defineMetric({
    name,
    sizes: { total: 1, count: 1 },
    options: { thresholds },
    async read(inputs) {
      const rows = await readLabelRows(name, inputs, options);
      return ({ total, count }) => {
        for (let row = 0; row < rows.batch; row++) {
          const isWrong = (_: number, index: number): boolean =>
            isPredicted(rows, thresholds, row, index) !== rows.has(row, index);
          const wrong = thresholds.filter(isWrong).length;
          increase(total, 0, score(wrong, thresholds.length) * rows.weight(row));
          increase(count, 0, rows.weight(row));
        }
      };
    },
    result: ({ total, count }) => ratio(first(total), first(count)),
  });
}
