/** What can be asked of a model's predictions. */
import { inspect } from "node:util";
import { displayable, type Displayable } from "../display/bundle";
import type { Table } from "../display/table";
import { cellSignal } from "../interrupt";
import { calibrationOf, type Calibration, type CalibrationOptions } from "./calibration";
import {
  confusionMatrixOf,
  mostConfusedOf,
  type Confused,
  type ConfusionMatrix,
  type ConfusionMatrixOptions,
} from "./confusion";
import { logProbability, scoredBy, type Outcomes } from "./outcomes";
import { reportOf, type Report } from "./report";
import { rocCurvesOf, type RocCurves, type RocCurvesOptions } from "./roccurves";
import type { TopLosses, TopLossesOptions } from "./toplosses";

/** A model's predictions of photos. Photos are numbered as the input gave them, from 0 on. */
export interface Interpretation extends Displayable {
  /** How many photos. */
  readonly count: number;
  /** The file of each, "" where its record tells none; undefined if the input tells none: see createInputFn()'s `filenames`. */
  readonly filenames: readonly string[] | undefined;
  /** The true class of each. */
  readonly labels: Int32Array;
  /** The likeliest class of each. */
  readonly predicted: Int32Array;
  /** The probabilities of one photo's classes, 0…1. */
  probabilities(photo: number): number[];
  /** Cross-entropy of each photo, −log of its class's probability: without weight decay, label smoothing and class weights. */
  readonly losses: Float64Array;
  /**
   * Photos by true and predicted class.
   * @throws {RangeError} if classes is no whole number from 1 on
   */
  confusionMatrix(options?: ConfusionMatrixOptions): ConfusionMatrix;
  /** Precision, recall and F1 of each class: scikit-learn's classification_report. */
  report(): Report;
  /**
   * Which classes are taken for which, the most first.
   * @param least  photos from which on a pair is told. @default 1
   * @throws {RangeError} if that is no whole number from 1 on
   */
  mostConfused(least?: number): Table & { readonly pairs: readonly Confused[] };
  /**
   * The photos with the greatest losses, beside where the network looked for what it predicted and, if one of them is wrong, for what it is. The input is read again for them.
   * @param count  how many. @default 9
   * @param options  the endpoint, as gradCam() has it, and how large
   * @throws {RangeError} if that is no whole number from 1 on, there is no such endpoint, the input gives other photos than before, or the
   *   model has other weights
   * @throws what the signal gives as its reason
   */
  topLosses(count?: number, options?: TopLossesOptions): Promise<TopLosses>;
  /**
   * How well each class is told from the rest by its probability: the receiver operating characteristic and the area under it,
   * scikit-learn's roc_curve and roc_auc_score. A class without photos, or with all, has none.
   * @throws {RangeError} if classes is no whole number from 1 on
   * @throws what the signal gives as its reason
   */
  rocCurves(options?: RocCurvesOptions): Promise<RocCurves>;
  /**
   * How far the probabilities can be believed: a reliability diagram, the expected calibration error, and the temperature.
   * @throws {RangeError} if bins is no whole number from 1 on
   */
  calibration(options?: CalibrationOptions): Calibration;
}

/** The predictions, with what can be asked of them. */
export function interpretationOf(
  outcomes: Outcomes,
  topLosses: (losses: Float64Array, count: number, options: TopLossesOptions) => Promise<TopLosses>,
  signal?: AbortSignal,
): Interpretation {
  const { count, filenames, labels, predicted, numClasses } = outcomes;
  const losses = Float64Array.from({ length: count }, (_, photo) => -logProbability(outcomes, photo, labels[photo] ?? 0)); // prettier-ignore
  const { accuracy } = reportOf(outcomes);
  const text = `Predictions of ${count.toLocaleString("en-US")} photos, ${(100 * accuracy).toFixed(1)} % right`;
  const probabilities = (photo: number): number[] => {
    if (!(Number.isInteger(photo) && photo >= 0 && photo < count))
      throw new RangeError(`Cannot tell probabilities: expected a photo's number in 0 … ${count - 1}, got ${photo}`); // prettier-ignore
    return Array.from({ length: numClasses }, (_, index) => Math.exp(logProbability(outcomes, photo, index)));
  };
  const asked = {
    probabilities,
    confusionMatrix: (options: ConfusionMatrixOptions = {}) => confusionMatrixOf(outcomes, options),
    report: () => reportOf(outcomes),
    mostConfused: (least = 1) => mostConfusedOf(outcomes, least),
    topLosses: (most = 9, options: TopLossesOptions = {}) => topLosses(losses, most, options),
    rocCurves: (options: RocCurvesOptions = {}) =>
      rocCurvesOf(scoredBy(outcomes), { ...options, signal: options.signal ?? signal ?? cellSignal() }),
    calibration: (options: CalibrationOptions = {}) => calibrationOf(outcomes, options),
    [inspect.custom]: () => text,
  };
  return displayable({ count, filenames, labels, predicted, losses, ...asked }, () => ({
    "text/plain": text,
  }));
}
