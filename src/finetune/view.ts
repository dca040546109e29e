import { bundleOf, displayable, htmlOf, type Displayable, type MimeBundle } from "../display/bundle";
import { barHtml, escapeHtml } from "../display/html";
import { liveOutputs } from "../display/live";
import { table, type Table, type TableRow } from "../display/table";
import { figure, figureBundle, showFigure, type Figure } from "../inspect/figure";
import { plotlyScript, type PlotlyTrace } from "../inspect/plotly";
import { shareAxis } from "../inspect/plots";
import type { Callback, EpochResult, History, StepResult } from "../training";
import { averaged } from "./sweep";

/** Options of trainingView(). */
export interface TrainingViewOptions {
  /** @default "Training" */
  readonly title?: string;
  /** The least time between two redraws, in ms. @default 500 */
  readonly refreshMs?: number;
}

/** A callback that shows a training: a line and a bar with the time to go, a table of epochs, and the curve. */
export interface TrainingView extends Callback, Displayable {
  /** The losses and accuracies as they stand, as a figure that stays so. */
  figure(): Figure;
  /** The epochs so far. */
  table(): Table;
}

/**
 * A training as it goes on: how far it is and the time to go, its epochs as a table, and the curve of losses, smoothed, with the
 * validations on it. Display it, then give it to the training; after an interrupt the next cell may show another, which has what
 * fineTune() did before.
 * @example
 * const view = trainingView();
 * display(view);
 * await train(step, batches, { steps: 400, stepsPerEpoch: 100, validation, callbacks: [view] });
 */
export function trainingView(options: TrainingViewOptions = {}): TrainingView {
  const { title = "Training", refreshMs = 500 } = options;
  const steps: StepResult[] = [];
  const epochs: EpochResult[] = [];
  let [first, lastStep, begun, seconds]: [number, number | undefined, number, number] = [
    0,
    undefined,
    NaN,
    0,
  ];
  const history: History = { steps, epochs };
  const draw = (show: (curve: Figure) => MimeBundle): MimeBundle =>
    viewBundle(history, headOf(title, { now: steps.at(-1)?.globalStep ?? first, first, lastStep, seconds }), show); // prettier-ignore
  const outputs = liveOutputs(() => draw(figureBundle), refreshMs);
  return displayable<Omit<TrainingView, keyof Displayable>>(
    {
      onTrainBegin: (training) => {
        catchUp(steps, training.history?.steps);
        catchUp(epochs, training.history?.epochs);
        [first, lastStep, begun, seconds] = [
          training.step.globalStep,
          training.lastStep,
          performance.now(),
          0,
        ];
      },
      onStep: (result) => {
        steps.push(result);
        seconds = (performance.now() - begun) / 1000;
        outputs.changed();
      },
      onEpochEnd: (epoch) => {
        epochs.push(epoch);
        outputs.changed();
      },
      onTrainEnd: () => {
        lastStep = steps.at(-1)?.globalStep;
        outputs.redraw();
      },
      figure: () => trainingFigure(history),
      table: () => epochTable(epochs),
    },
    (context) => {
      context?.publishOnce("plotly.js", plotlyScript); // before there is a curve: later ones come without it
      if (context !== undefined) outputs.follow(context);
      return draw((curve) => showFigure(curve, context));
    },
  );
}

function catchUp<T>(own: T[], known: readonly T[] = []): void {
  own.push(...known.slice(own.length));
}

/** What stands above the table of epochs. */
export interface ViewHead {
  readonly line: string;
  /** Of the steps, while there are some to go. */
  readonly bar?: { readonly done: number; readonly total: number };
}

/** A line, the table of epochs and the curve as one output. */
export function viewBundle(
  history: History,
  { line, bar }: ViewHead,
  show: (curve: Figure) => MimeBundle,
): MimeBundle {
  const rows = epochTable(history.epochs);
  const curve = history.steps.length === 0 ? "" : htmlOf(show(trainingFigure(history)));
  const head = `<div>${escapeHtml(line)}${bar === undefined ? "" : `<br>${barHtml(bar.done, bar.total)}`}</div>`;
  const parts = [head, history.epochs.length === 0 ? "" : htmlOf(bundleOf(rows)), curve];
  return { "text/html": parts.join(""), "text/plain": `${line}\n${String(rows)}` };
}

interface Progress {
  readonly now: number;
  readonly first: number;
  readonly lastStep: number | undefined;
  readonly seconds: number;
}

function headOf(title: string, { now, first, lastStep, seconds }: Progress): ViewHead {
  const taken = `${seconds.toFixed(1)} s`;
  if (lastStep === undefined) return { line: `${title}: step ${now}, ${taken}` };
  const line = `${title}: step ${now} of ${lastStep}, ${taken}`;
  if (now >= lastStep) return { line };
  const toGo = now === first ? "" : `, about ${Math.ceil((seconds / (now - first)) * (lastStep - now))} s to go`; // prettier-ignore
  return { line: `${line}${toGo}`, bar: { done: now - first, total: lastStep - first } };
}

/** Epochs as a table. */
export function epochTable(epochs: readonly EpochResult[]): Table {
  const percent = (part: number | undefined): string | undefined => part === undefined ? undefined : `${(part * 100).toFixed(1)} %`; // prettier-ignore
  const rows = epochs.map((epoch): TableRow => {
    const { validationLoss, validationAccuracy, metrics } = epoch;
    return {
      epoch: epoch.epoch,
      step: epoch.globalStep,
      "train loss": epoch.trainLoss,
      "validation loss": validationLoss,
      "train accuracy": percent(epoch.trainAccuracy),
      "validation accuracy": percent(validationAccuracy),
      ...metrics,
      "learning rate": epoch.learningRate.toExponential(1),
      seconds: Number(epoch.seconds.toFixed(1)),
      "images/s": Number(epoch.imagesPerSecond.toPrecision(3)),
    };
  });
  return table(rows);
}

/**
 * The curve: each step's loss, smoothed over a tenth of the steps but 50 at most, and the validations. Over 50 from the first step on,
 * the end of a short training would stand for its beginning too, far above the validations.
 */
export function trainingFigure({ steps, epochs }: History): Figure {
  const smooth = averaged(1 - 1 / Math.min(50, Math.max(1, steps.length / 10)));
  const at = steps.map(({ globalStep }) => globalStep);
  const validated = epochs.filter(({ validationLoss }) => validationLoss !== undefined);
  const finite = (value: number | undefined): number | null =>
    value !== undefined && Number.isFinite(value) ? value : null; // a gap: JSON has no NaN
  const ends = validated.map(({ globalStep }) => globalStep);
  const train: PlotlyTrace = { type: "scatter", mode: "lines", name: "training, smoothed", x: at, y: steps.map(({ crossEntropy }) => finite(smooth(crossEntropy))) }; // prettier-ignore
  const validation: readonly PlotlyTrace[] = [
    { type: "scatter", mode: "lines+markers", name: "validation", x: ends, y: validated.map(({ validationLoss }) => finite(validationLoss)) },
    { type: "scatter", mode: "lines+markers", name: "validation accuracy", x: ends, y: validated.map(({ validationAccuracy }) => finite(validationAccuracy)), yaxis: "y2", line: { dash: "dot" } },
  ]; // prettier-ignore
  return figure([train, ...(validated.length === 0 ? [] : validation)], {
    xaxis: { title: { text: "step" } },
    yaxis: { title: { text: "cross-entropy" }, rangemode: "tozero" },
    ...(validated.length === 0 ? {} : { yaxis2: shareAxis("accuracy") }),
    margin: { t: 24, r: 64, b: 48, l: 64 },
    showlegend: true,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    hovermode: "x unified",
  });
}
