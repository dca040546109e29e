/** Images, heat over them, and plots. */
export { globalAveragePool } from "./gap";
export type { Placement } from "./place";
export type { Colormap } from "./colormap";
export { overlay, type OverlayOptions } from "./overlay";
export { showBatch, showCam, showImage, type Gallery } from "./gallery";
export { compareCams } from "./comparecams";
export type { Explanation, ShowBatchOptions, ShowCamOptions, ShowImageOptions } from "./gallery";
export type { CaptionOptions, ClassIndices } from "./caption";
export { figure, type Figure } from "./figure";
export type { PlotlyLayout, PlotlySpec, PlotlyTrace } from "./plotly";
export { lossCurve, type LossCurve, type LossCurveOptions } from "./plots";
