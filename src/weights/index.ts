/** Weights that people have: read into models, and written again. */
export { fetchWeights, type FetchedWeights, type FetchWeightsOptions } from "./fetch";
export { importWeights } from "./import";
export type { ImportOptions, ImportProgress, ImportReport, WeightsSource } from "./import";
export { exportWeights, type ExportedWeights, type ExportWeightsOptions } from "./export";
