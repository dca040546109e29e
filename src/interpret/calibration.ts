/** How far probabilities can be believed. */
import { displayable, type Displayable } from "../display/bundle";
import { figure, showFigure } from "../inspect/figure";
import { seriesColor } from "../inspect/palette";
import { logProbability, type Outcomes } from "./outcomes";
import { bestTemperature } from "./temperature";

/** Options of calibration(). */
export interface CalibrationOptions {
  /** Into how many parts of equal width probabilities are put. @default 15 (Guo et al.) */
  readonly bins?: number;
}

/** Photos whose prediction has a probability in a part of 0…1, its upper end included. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** The mean probability of their predictions; NaN if there are none. */
  readonly confidence: number;
  /** The part of their predictions that is right; NaN if there are none. */
  readonly accuracy: number;
}

/** How far probabilities can be believed; it shows itself as a reliability diagram. */
export interface Calibration extends Displayable {
  readonly bins: readonly CalibrationBin[];
  /** The expected calibration error: by how much confidence and accuracy differ, in the mean of the photos, 0…1. */
  readonly ece: number;
  /** The mean cross-entropy. */
  readonly crossEntropy: number;
  /** By which logits are divided so that the cross-entropy is least, 1/100 … 100: above 1 where the network is too sure of itself. */
  readonly temperature: number;
  /** The ece and the cross-entropy with that; measured on the same photos, so somewhat too good. */
  readonly scaled: { readonly ece: number; readonly crossEntropy: number };
}

/**
 * The calibration of the predictions' probabilities.
 * @throws {RangeError} if bins is no whole number from 1 on
 * @see Guo et al. 2017 (arXiv 1706.04599), §2 and §4.2
 */
export function calibrationOf(outcomes: Outcomes, { bins = 15 }: CalibrationOptions): Calibration {
  if (!(Number.isSafeInteger(bins) && bins >= 1))
    throw new RangeError(`Cannot calibrate: expected bins a whole number from 1 on, got ${bins}`);
  const temperature = bestTemperature(outcomes);
  const parts = binsOf(outcomes, bins, 1);
  const scaled = {
    ece: eceOf(binsOf(outcomes, bins, temperature)),
    crossEntropy: crossEntropyOf(outcomes, temperature),
  };
  const value = { bins: parts, ece: eceOf(parts), crossEntropy: crossEntropyOf(outcomes, 1), temperature, scaled }; // prettier-ignore
  return displayable(value, (context) => showFigure(diagram(value), context));
}

function binsOf(outcomes: Outcomes, bins: number, temperature: number): CalibrationBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, hits: 0 }));
  for (let photo = 0; photo < outcomes.count; photo++) {
    const predicted = outcomes.predicted[photo] ?? 0;
    const confidence = Math.exp(logProbability(outcomes, photo, predicted, temperature));
    let bin = Math.min(bins - 1, Math.floor(confidence * bins));
    while (bin > 0 && confidence <= bin / bins) bin--;
    const sum = sums[bin];
    if (sum === undefined) continue;
    sum.count++;
    sum.confidence += confidence;
    if (outcomes.labels[photo] === predicted) sum.hits++;
  }
  return sums.map(({ count, confidence, hits }, i) => ({
    ...{ from: i / bins, to: (i + 1) / bins, count },
    ...{ confidence: confidence / count, accuracy: hits / count },
  }));
}

function eceOf(bins: readonly CalibrationBin[]): number {
  const all = bins.reduce((sum, { count }) => sum + count, 0);
  return bins.reduce(
    (sum, { count, confidence, accuracy }) =>
      count === 0 ? sum : sum + (count / all) * Math.abs(confidence - accuracy),
    0,
  );
}

function crossEntropyOf(outcomes: Outcomes, temperature: number): number {
  let sum = 0;
  for (let photo = 0; photo < outcomes.count; photo++)
    sum -= logProbability(outcomes, photo, outcomes.labels[photo] ?? 0, temperature);
  return sum / outcomes.count;
}

function diagram({
  bins,
  ece,
  temperature,
}: Omit<Calibration, keyof Displayable>): ReturnType<typeof figure> {
  const full = bins.filter(({ count }) => count > 0);
  const text = full.map(
    ({ count }) => `${count.toLocaleString("en-US")} ${count === 1 ? "photo" : "photos"}`,
  );
  return figure(
    [
      { type: "bar", name: "right", x: full.map(({ from, to }) => (from + to) / 2), y: full.map(({ accuracy }) => accuracy), width: 1 / bins.length, text, textposition: "none", hovertemplate: "%{y:.0%} of %{text}<extra></extra>", marker: { color: seriesColor(0) } }, // prettier-ignore
      { type: "scatter", name: "sure", mode: "lines+markers", x: full.map(({ confidence }) => confidence), y: full.map(({ confidence }) => confidence), line: { color: seriesColor(1), dash: "dash" }, hovertemplate: "%{x:.0%} sure<extra></extra>" }, // prettier-ignore
    ],
    {
      title: { text: `Calibration error ${(100 * ece).toFixed(1)} %, temperature ${temperature.toFixed(2)}` },
      xaxis: { title: { text: "how sure the network is" }, range: [0, 1], tickformat: ".0%" },
      yaxis: { title: { text: "part that is right" }, range: [0, 1], tickformat: ".0%" },
      legend: { x: 0.02, y: 0.98 },
    },
  );
}
