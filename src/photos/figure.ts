/** Photos as a figure: how many of each class, how large, in what proportions. */
import { figure, type Figure } from "../inspect/figure";
import { seriesColor } from "../inspect/palette";
import type { PlotlyTrace } from "../inspect/plotly";
import type { InspectedPhoto, PhotoFacts } from "./facts";

const BINS = 30;

/** Three plots, one under the other, so that they are read on a telephone too. */
export function photosFigure({ classes, splits }: PhotoFacts, photos: readonly InspectedPhoto[]): Figure {
  const names = Object.keys(splits);
  const bars = names.map((split, i): PlotlyTrace => ({
    type: "bar",
    name: split,
    x: classes.map(({ name }) => name),
    y: classes.map((one) => one.photos[split] ?? 0),
    marker: { color: seriesColor(i) },
    showlegend: names.length > 1,
  })); // prettier-ignore
  const sides = histogram("shorter side", photos.map(({ height, width }) => Math.min(height, width)), 2); // prettier-ignore
  const aspects = histogram("width / height", photos.map(({ height, width }) => width / height), 3); // prettier-ignore
  const count = { title: { text: "photos" }, rangemode: "tozero" };
  return figure([...bars, sides, aspects], {
    title: { text: `${photos.length.toLocaleString("en-US")} photos`, y: 0.99, yanchor: "top" },
    margin: { t: 72, r: 24, b: 48, l: 64 },
    grid: { rows: 3, columns: 1, pattern: "independent", ygap: 0.35 },
    barmode: "stack",
    height: 640,
    xaxis: { type: "category", automargin: true },
    yaxis: count,
    xaxis2: { title: { text: "shorter side in pixels" } },
    yaxis2: count,
    xaxis3: { title: { text: "width / height" } },
    yaxis3: count,
    legend: { orientation: "h", x: 0, y: 1.01, yanchor: "bottom", traceorder: "normal" },
  });
}

/** Numbers in bins of one width. */
function histogram(name: string, values: readonly number[], plot: number): PlotlyTrace {
  const [least, greatest] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]); // prettier-ignore
  const width = greatest > least ? (greatest - least) / BINS : Math.max(least / BINS, Number.MIN_VALUE);
  const counts = new Array<number>(greatest > least ? BINS : 1).fill(0);
  for (const value of values) {
    const bin = Math.min(counts.length - 1, Math.floor((value - least) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return {
    type: "bar",
    name,
    x: counts.map((_, bin) => Number((least + (greatest > least ? bin + 0.5 : 0) * width).toPrecision(6))),
    y: counts,
    width,
    marker: { color: seriesColor(0) },
    showlegend: false,
    xaxis: `x${plot}`,
    yaxis: `y${plot}`,
  };
}
