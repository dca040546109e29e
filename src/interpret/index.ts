/** What a classifier gets wrong, and how far its probabilities can be believed. */
export { interpret, type InterpretOptions } from "./interpret";
export type { Interpretation } from "./interpretation";
export type { Calibration, CalibrationBin, CalibrationOptions } from "./calibration";
export type { Confused, ConfusionMatrix, ConfusionMatrixOptions } from "./confusion";
export type { ClassScores, Report, Scores } from "./report";
export type { RocPoints } from "./roc";
export type { ClassRoc, RocCurves, RocCurvesOptions } from "./roccurves";
export type { TopLoss, TopLosses, TopLossesOptions } from "./toplosses";
