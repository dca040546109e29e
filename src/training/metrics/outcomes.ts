/** Precision, recall and F1 of examples of several classes. */
import { averageOf, expectAverage, type Average } from "./average";
import { isPredicted, readLabelRows, thresholdsOf, type MultiLabelThresholdOptions } from "./labelrows";
import { at, type MetricInputs } from "./inputs";
import { defineMetric, increase, ratio, type Metric, type Sums } from "./metric";

/** Options of multiLabelPrecisionMetric(), multiLabelRecallMetric() and multiLabelF1Metric(). */
export interface MultiLabelOutcomeOptions extends MultiLabelThresholdOptions {
  /** @default "macro" */
  readonly average?: Average;
}

type ByClassOptions = MultiLabelOutcomeOptions & { readonly average: "none" };
type OneOptions = MultiLabelOutcomeOptions & { readonly average?: Exclude<Average, "none"> };

/** What was counted: of one class, or of all. */
interface Outcomes {
  readonly hits: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

/**
 * How many of the classes predicted are there, as scikit-learn's precision_score; 0 where none is predicted.
 * Needs `labels`, float32 [batch, classes] or int32 [batch], and `probabilities`; where one is NaN the prediction is wrong.
 * @throws {RangeError} if an option is out of range
 * @example
 * const precision = multiLabelPrecisionMetric({ numClasses: 3, average: "none", threshold: 0.7 });
 */
export function multiLabelPrecisionMetric(options: OneOptions): Metric;
export function multiLabelPrecisionMetric(options: ByClassOptions): Metric<number[]>;
export function multiLabelPrecisionMetric(options: MultiLabelOutcomeOptions): Metric<number | number[]> {
  return outcomeMetric("precision", options, ({ hits, falsePositives }) =>
    ratio(hits, hits + falsePositives),
  );
}

/**
 * How many of the classes that are there are predicted, as scikit-learn's recall_score; 0 where none is there.
 * Needs `labels`, float32 [batch, classes] or int32 [batch], and `probabilities`; where one is NaN the prediction is wrong.
 * @throws {RangeError} if an option is out of range
 */
export function multiLabelRecallMetric(options: OneOptions): Metric;
export function multiLabelRecallMetric(options: ByClassOptions): Metric<number[]>;
export function multiLabelRecallMetric(options: MultiLabelOutcomeOptions): Metric<number | number[]> {
  return outcomeMetric("recall", options, ({ hits, falseNegatives }) => ratio(hits, hits + falseNegatives));
}

/**
 * The harmonic mean of precision and recall, as scikit-learn's f1_score; 0 where nothing is predicted and nothing is there.
 * Needs `labels`, float32 [batch, classes] or int32 [batch], and `probabilities`; where one is NaN the prediction is wrong.
 * @throws {RangeError} if an option is out of range
 */
export function multiLabelF1Metric(options: OneOptions): Metric;
export function multiLabelF1Metric(options: ByClassOptions): Metric<number[]>;
export function multiLabelF1Metric(options: MultiLabelOutcomeOptions): Metric<number | number[]> {
  return outcomeMetric("F1", options, ({ hits, falsePositives, falseNegatives }) =>
    ratio(2 * hits, 2 * hits + falsePositives + falseNegatives),
  );
}

type Counts = Sums<"truePositives" | "falsePositives" | "falseNegatives">;

function outcomeMetric(
  name: string,
  options: MultiLabelOutcomeOptions,
  measure: (outcomes: Outcomes) => number,
): Metric<number | number[]> {
  const { numClasses, average = "macro" } = options;
  const thresholds = thresholdsOf(name, options);
  expectAverage(name, average);
  return defineMetric({
    name,
    sizes: { truePositives: numClasses, falsePositives: numClasses, falseNegatives: numClasses },
    options: { thresholds },
    read: (inputs) => readCounts(name, inputs, thresholds),
    result: ({ truePositives, falsePositives, falseNegatives }) => {
      const classes = truePositives.map((hits, index) => ({
        hits,
        falsePositives: at(falsePositives, index),
        falseNegatives: at(falseNegatives, index),
      }));
      if (average === "micro") return measure(classes.reduce(addOutcomes));
      const values = classes.map(measure);
      const support = classes.map((one) => one.hits + one.falseNegatives);
      return average === "none" ? values : averageOf({ values, support }, average);
    },
  });
}

async function readCounts(
  name: string,
  inputs: MetricInputs,
  thresholds: readonly number[],
): Promise<(counts: Counts) => void> {
  const rows = await readLabelRows(name, inputs, { numClasses: thresholds.length });
  return ({ truePositives, falsePositives, falseNegatives }) => {
    for (let row = 0; row < rows.batch; row++)
      for (let index = 0; index < thresholds.length; index++) {
        const [has, predicted] = [rows.has(row, index), isPredicted(rows, thresholds, row, index)];
        if (has && predicted) increase(truePositives, index, rows.weight(row));
        if (!has && predicted) increase(falsePositives, index, rows.weight(row));
        if (has && !predicted) increase(falseNegatives, index, rows.weight(row));
      }
  };
}

function addOutcomes(one: Outcomes, other: Outcomes): Outcomes {
  return {
    hits: one.hits + other.hits,
    falsePositives: one.falsePositives + other.falsePositives,
    falseNegatives: one.falseNegatives + other.falseNegatives,
  };
}
