/** Measures over a stream of batches, equal to TensorFlow's and scikit-learn's, whose state merges over parts of the data. */
export type { MetricInputs } from "./inputs";
export type { Metric, MetricResult, MetricState } from "./metric";
export { accuracyMetric, meanMetric, topKMetric, type MeanOptions, type TopKOptions } from "./means";
export { precisionMetric, recallMetric, type BinaryOptions } from "./binary";
export { aucMetric, type AucOptions } from "./auc";
export { confusionMatrixMetric, meanPerClassAccuracyMetric, type ClassOptions } from "./confusion";
export type { Average } from "./average";
export type { MultiLabelOptions, MultiLabelThresholdOptions } from "./labelrows";
export { hammingLossMetric, multiLabelAccuracyMetric, subsetAccuracyMetric } from "./matches";
export {
  multiLabelF1Metric,
  multiLabelPrecisionMetric,
  multiLabelRecallMetric,
  type MultiLabelOutcomeOptions,
} from "./outcomes";
export {
  multiLabelAucMetric,
  multiLabelAveragePrecisionMetric,
  type MultiLabelRankingOptions,
} from "./ranking";
export { multiLabelMetrics, type MultiLabelMetrics } from "./multilabel";
export { createMetrics, type MetricRecord, type MetricResults, type Metrics } from "./collection";
