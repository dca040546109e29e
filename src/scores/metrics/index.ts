/** All metrics by name. */
import type { Metric } from "../metric";
import { deletion, insertion } from "./gradually";
import { pointingGame } from "./pointinggame";
import { randomization } from "./randomization";
import { road } from "./road";

export { deletion, insertion, type GraduallyOptions } from "./gradually";
export { pointingGame, type PointingGameOptions } from "./pointinggame";
export { randomization, type RandomizationOptions } from "./randomization";
export { road, type RoadOptions } from "./road";

/** Metrics by the names that scoreExplanations() knows them by, each with its defaults. */
export const METRICS = {
  road: road(),
  deletion: deletion(),
  insertion: insertion(),
  pointingGame: pointingGame(),
  randomization: randomization(),
} as const satisfies Readonly<Record<string, Metric>>;

/** A metric by name. */
export type MetricName = keyof typeof METRICS;
