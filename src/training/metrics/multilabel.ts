import { createMetrics, type Metrics } from "./collection";
import { multiLabelAccuracyMetric, subsetAccuracyMetric } from "./matches";
import type { MultiLabelThresholdOptions } from "./labelrows";
import type { Metric } from "./metric";
import { multiLabelF1Metric, multiLabelPrecisionMetric, multiLabelRecallMetric } from "./outcomes";
import { multiLabelAucMetric, multiLabelAveragePrecisionMetric } from "./ranking";

/** What multiLabelMetrics() measures. */
export type MultiLabelMetrics = Metrics<{
  readonly accuracy: Metric;
  readonly subsetAccuracy: Metric;
  readonly precision: Metric;
  readonly recall: Metric;
  readonly f1: Metric;
  readonly microF1: Metric;
  readonly meanAveragePrecision: Metric;
  readonly auc: Metric;
}>;

/**
 * What a multiLabel model is usually measured by: the accuracy over all images and classes, of how many images all classes are right,
 * and the means over the classes of precision, recall, F1, average precision (mAP) and the area under the receiver operating
 * characteristic; F1 over all together as microF1. Others, and those of each class, go into createMetrics().
 * @throws {RangeError} if an option is out of range
 * @example
 * const metrics = multiLabelMetrics({ numClasses: 3 });
 * await evaluate(model, testImages, { metrics });
 * metrics.result().meanAveragePrecision; // 0.83
 */
export function multiLabelMetrics(options: MultiLabelThresholdOptions): MultiLabelMetrics {
  const { numClasses } = options;
  return createMetrics({
    accuracy: multiLabelAccuracyMetric(options),
    subsetAccuracy: subsetAccuracyMetric(options),
    precision: multiLabelPrecisionMetric(options),
    recall: multiLabelRecallMetric(options),
    f1: multiLabelF1Metric(options),
    microF1: multiLabelF1Metric({ ...options, average: "micro" }),
    meanAveragePrecision: multiLabelAveragePrecisionMetric({ numClasses }),
    auc: multiLabelAucMetric({ numClasses }),
  });
}
