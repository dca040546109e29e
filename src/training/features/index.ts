/** A frozen trunk run once: what it gives is kept, and steps go on from there. */
export { features, type FeaturesOptions } from "./features";
export type { FeaturesProgress } from "./compute";
export type { EpochOptions, FeatureDataset, FeatureInfo } from "./dataset";
export type { FeatureBatch, FeatureOrigin } from "./origin";
export type { FeatureStorage } from "./key";
