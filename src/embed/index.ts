/** Photos as vectors: which are alike, and a picture of all. */
export { embed, type EmbedOptions } from "./embed";
export type { Embeddings } from "./embeddings";
export type { LabelError, LabelErrors, LabelErrorsOptions } from "./labelerrors";
export type { Nearest, NearestOptions, Neighbor } from "./nearest";
export type { UmapOptions, UmapPicture } from "./picture";
