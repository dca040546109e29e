/** The data, looked at before a network learns it. */
export { inspectPhotos, type InspectPhotosOptions } from "./inspect";
export type { PhotoInspection } from "./inspection";
export type { ClassCounts, InspectedPhoto, PhotoFacts, Spread } from "./facts";
export type { PhotoGroup } from "./groups";
