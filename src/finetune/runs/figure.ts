/** The curves of runs over each other. */
import { figure, type Figure } from "../../inspect/figure";
import { seriesColor } from "../../inspect/palette";
import type { PlotlyLayout, PlotlyTrace } from "../../inspect/plotly";
import type { ReadRun } from "./read";
import type { Series, SeriesPoint } from "./series";

/** What curves are drawn by: the step, the epoch, or the seconds since the run began, with its breaks. */
export type RunsAxis = "step" | "epoch" | "time";

const TITLES: Readonly<Record<RunsAxis, string>> = { step: "step", epoch: "epoch", time: "seconds" };
const [SUBPLOT_HEIGHT, LEGEND_HEIGHT] = [240, 24];

/** A run under its name. */
export interface NamedRun extends ReadRun {
  readonly run: string;
}

/**
 * A subplot for each metric: what was trained on smoothed, as a line; what was validated on as points.
 * @throws {RangeError} by epoch, if a run does not say where its epochs are
 */
export function runsFigure(
  runs: readonly NamedRun[],
  metrics: readonly string[],
  axis: RunsAxis = "step",
): Figure {
  const shown = new Set<string>();
  const traces = runs.flatMap((run, place) => {
    const at = axisOf(run, axis);
    return metrics.flatMap((metric, row) =>
      Object.entries(run.metrics[metric] ?? {}).map(([split, series]) => {
        const isFirst = !shown.has(run.run);
        shown.add(run.run);
        const look = { color: seriesColor(place), row, isFirst };
        return traceOf(run.run, split, series, at, look);
      }),
    );
  });
  return figure(traces, layoutOf(runs, metrics, axis));
}

function traceOf(
  run: string,
  split: string,
  { points }: Series,
  at: (point: SeriesPoint) => number,
  { color, row, isFirst }: { readonly color: string; readonly row: number; readonly isFirst: boolean },
): PlotlyTrace {
  const isTrain = split === "train";
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null); // JSON has no NaN
  return {
    type: "scatter",
    mode: isTrain && points.length > 1 ? "lines" : isTrain ? "markers" : "lines+markers",
    name: run,
    legendgroup: run,
    showlegend: isFirst,
    x: points.map((point) => finite(at(point))),
    y: points.map(({ value, smoothed }) => finite(isTrain ? smoothed : value)),
    line: isTrain ? { color, width: 2 } : { color, width: 1, dash: "dot" },
    marker: { color, size: 6 },
    hovertemplate: `${run}, ${split}: %{y:.4g}<extra></extra>`.replace(/<(?!\/?extra)/g, "&lt;"),
    ...(row > 0 && { yaxis: `y${row + 1}` }),
  };
}

function layoutOf(runs: readonly NamedRun[], metrics: readonly string[], axis: RunsAxis): PlotlyLayout {
  const count = Math.max(1, metrics.length);
  const gap = 0.08 / count;
  const axes = metrics.map((metric, row) => {
    const top = 1 - row / count;
    const domain = [top - 1 / count + (row === count - 1 ? 0 : gap), top];
    return [`yaxis${row === 0 ? "" : row + 1}`, { title: { text: metric }, domain }] as const;
  });
  return {
    ...Object.fromEntries(axes),
    xaxis: { title: { text: TITLES[axis] }, anchor: count === 1 ? "y" : `y${count}` },
    height: 80 + LEGEND_HEIGHT * Math.ceil(runs.length / 4) + SUBPLOT_HEIGHT * count,
    margin: { t: 24, r: 24, b: 48, l: 72 },
    showlegend: true,
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    hovermode: "x unified",
  };
}

function axisOf({ folder, epochs, metrics }: ReadRun, axis: RunsAxis): (point: SeriesPoint) => number {
  if (axis === "step") return ({ step }) => step;
  if (axis === "epoch") return epochsAt(folder, epochs);
  const times = Object.values(metrics)
    .flatMap((splits) => Object.values(splits))
    .flatMap(({ points }) => points.slice(0, 1).map(({ wallTime }) => wallTime))
    .filter((time) => !Number.isNaN(time));
  const first = Math.min(...times);
  return ({ wallTime }) => wallTime - first;
}

/** Between two steps whose epochs are known as far as between them; before the first from 0 on, after the last as before it. */
function epochsAt(folder: string, { points }: Series): (point: SeriesPoint) => number {
  const known = [{ step: 0, value: 0 }, ...points.filter(({ step }) => step > 0)];
  if (known.length < 2)
    throw new RangeError(
      `Cannot compare runs by epoch: expected the epochs of "${folder}", as tensorboard() or csvLog() writes them, got none`,
    );
  return ({ step }) => {
    const after = known.findIndex((one) => one.step >= step);
    const end = Math.max(1, after < 0 ? known.length - 1 : after);
    const [from, to] = [known[end - 1], known[end]];
    if (from === undefined || to === undefined) return NaN;
    return from.value + ((step - from.step) / (to.step - from.step)) * (to.value - from.value);
  };
}
