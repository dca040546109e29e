/** Measures over a stream of batches, equal to TensorFlow's, whose state merges over parts of the data. */
export type { MetricInputs } from "./inputs";
export type { Metric, MetricResult, MetricState } from "./metric";
export { accuracyMetric, meanMetric, topKMetric, type MeanOptions, type TopKOptions } from "./means";
export { precisionMetric, recallMetric, type BinaryOptions } from "./binary";
export { aucMetric, type AucOptions } from "./auc";
export { confusionMatrixMetric, meanPerClassAccuracyMetric, type ClassOptions } from "./confusion";
export { createMetrics, type MetricRecord, type MetricResults, type Metrics } from "./collection";
