/** Whether explanations are true. */
export { scoreExplanations } from "./scores";
export type { ScoreExplanationsOptions } from "./options";
export type { ExplanationScores } from "./result";
export type { Agreement } from "./agreement";
export type { BoxedBatch } from "./bench";
export type { BoxOf } from "./boxes";
export {
  METRICS as explanationMetrics,
  deletion,
  insertion,
  pointingGame,
  randomization,
  road,
  type GraduallyOptions,
  type MetricName as ExplanationMetricName,
  type PointingGameOptions,
  type RandomizationOptions,
  type RoadOptions,
} from "./metrics";
export type {
  Column as ScoreColumn,
  Curve as ScoreCurve,
  Judge as ExplanationJudge,
  Maps as JudgedMaps,
  Metric as ExplanationMetric,
  Verdict as ExplanationVerdict,
} from "./metric";
