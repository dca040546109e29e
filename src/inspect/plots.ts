import { displayable, type Displayable } from "../display/bundle";
import { liveOutputs } from "../display/live";
import { figureBundle, figure, showFigure, type Figure } from "./figure";
import type { PlotlyLayout, PlotlyTrace } from "./plotly";

/** Options of lossCurve(). */
export interface LossCurveOptions {
  /** @default none */
  readonly title?: string;
  /** The series drawn against the right axis, which ends at 1. @default those whose name contains "accuracy" */
  readonly rightAxis?: readonly string[];
  /** The least time between two redraws, in ms. @default 500 */
  readonly refreshMs?: number;
}

/** A plot of series against the step that grows while it is shown. */
export interface LossCurve extends Displayable {
  /** Adds each series' value at a step. Shown curves follow within `refreshMs`. */
  add(step: number, values: Readonly<Record<string, number>>): void;
  /** Redraws the shown curves at once; call it after the last step. */
  done(): void;
  /** The curve as it stands, as a figure that stays so. */
  figure(): Figure;
}

/** The points of one series. */
interface Series {
  readonly steps: number[];
  readonly values: number[];
}

/**
 * A live curve of loss, accuracy and whatever else a training loop gives it.
 *
 * Display it, then add to it while the cell runs or from later cells. Without a notebook it only collects.
 * @example
 * const curve = lossCurve({ title: "Fine-tuning" });
 * display(curve);
 * for (let step = 1; step <= 20; step++) curve.add(step, { loss: 1 / step, accuracy: 1 - 1 / step });
 * curve.done();
 */
export function lossCurve(options: LossCurveOptions = {}): LossCurve {
  const { title, rightAxis, refreshMs = 500 } = options;
  const isRight = (name: string): boolean =>
    rightAxis?.includes(name) ?? name.toLowerCase().includes("accuracy");
  const series = new Map<string, Series>();
  const current = (): Figure =>
    figure(drawTraces(series, isRight), drawLayout([...series.keys()], isRight, title));
  const outputs = liveOutputs(() => figureBundle(current()), refreshMs);

  function add(step: number, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const { steps, values: points } = series.get(name) ?? createSeries(series, name);
      steps.push(step);
      points.push(value);
    }
    outputs.changed();
  }
  return displayable({ add, done: outputs.redraw, figure: current }, (context) => {
    if (context !== undefined) outputs.follow(context);
    return showFigure(current(), context);
  });
}

/** A series' name in words: of `crossEntropy` "cross-entropy", of `learningRate` "learning rate". */
function inWords(name: string): string {
  if (name === "crossEntropy") return "cross-entropy";
  if (!/^[a-z]+([A-Z][a-z]+)+$/.test(name)) return name;
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function createSeries(series: Map<string, Series>, name: string): Series {
  const created: Series = { steps: [], values: [] };
  series.set(name, created);
  return created;
}

function drawTraces(
  series: ReadonlyMap<string, Series>,
  isRight: (name: string) => boolean,
): readonly PlotlyTrace[] {
  return [...series].map(([name, { steps, values }]) => ({
    type: "scatter",
    mode: steps.length > 1 ? "lines" : "markers",
    name: inWords(name),
    x: [...steps],
    y: values.map((value) => (Number.isFinite(value) ? value : null)), // a gap: JSON has no NaN
    ...(isRight(name) ? { yaxis: "y2", line: { dash: "dot" } } : {}),
  }));
}

/** The axis at the right of a curve, of what lies in 0 … 1. */
export function shareAxis(title: string): PlotlyLayout {
  return {
    title: { text: title },
    overlaying: "y",
    side: "right",
    range: [0, 1.02],
    tickmode: "array",
    tickvals: [0, 0.25, 0.5, 0.75, 1],
    showgrid: false,
  };
}

function drawLayout(
  names: readonly string[],
  isRight: (name: string) => boolean,
  title?: string,
): PlotlyLayout {
  const left = names.filter((name) => !isRight(name));
  const right = names.filter(isRight);
  return {
    ...(title === undefined ? {} : { title: { text: title } }),
    xaxis: { title: { text: "step" } },
    yaxis: { title: { text: left.map(inWords).join(", ") }, rangemode: "tozero" },
    ...(right.length === 0 ? {} : { yaxis2: shareAxis(right.map(inWords).join(", ")) }),
    margin: {
      t: title === undefined ? 24 : 80, // the legend stands under the title
      r: right.length === 0 ? 24 : 64,
      b: 48,
      l: 64,
    },
    showlegend: names.length > 1,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    hovermode: "x unified",
  };
}
