/** Photos as a figure: how many of each class, how large, in what proportions. */
import { displayable } from "../display/bundle";
import { figure, showFigure, type Figure } from "../inspect/figure";
import { seriesColor } from "../inspect/palette";
import type { PlotlyTrace } from "../inspect/plotly";
import type { InspectedPhoto, PhotoFacts } from "./facts";

const BINS = 30;

/** In pixels: of a class's bar, of a histogram, between plots, above and below them. */
const [ROW, PLOT, GAP, TOP, BOTTOM] = [22, 120, 84, 72, 48];
/** Of more classes the bars get narrower. */
const MOST_ROWS = 40;

/** Three plots, one under the other, so that they are read on a telephone too; where no page is shown, the photos by class. */
export function photosFigure(facts: PhotoFacts, photos: readonly InspectedPhoto[]): Figure {
  const { data, layout } = drawn(facts, photos);
  const still = byClass(facts, photos.length);
  return displayable({ data, layout }, (context) => showFigure({ data, layout }, context, still));
}

/** How many photos each class has, of the first classes if there are many. */
function byClass({ classes, splits }: PhotoFacts, count: number): Figure {
  const all = classes.slice(0, MOST_ROWS);
  const names = Object.keys(splits);
  const total = ({ photos }: PhotoFacts["classes"][number]): number =>
    names.reduce((sum, split) => sum + (photos[split] ?? 0), 0);
  const shown = all.length < classes.length ? `, the first ${all.length} of ${classes.length} classes` : "";
  return figure([{ type: "bar", x: all.map(({ name }) => name), y: all.map(total) }], {
    title: { text: `${count.toLocaleString("en-US")} photos${shown}` },
    xaxis: { type: "category" },
    yaxis: { title: { text: "photos" } },
  });
}

function drawn({ classes, splits }: PhotoFacts, photos: readonly InspectedPhoto[]): Figure {
  const names = Object.keys(splits);
  const bars = names.map((split, i): PlotlyTrace => ({
    ...{ type: "bar", name: split, orientation: "h", showlegend: names.length > 1 },
    x: classes.map((one) => one.photos[split] ?? 0),
    y: classes.map(({ name }) => name),
    marker: { color: seriesColor(i) },
  }));
  const sides = histogram("shorter side", photos.map(({ height, width }) => Math.min(height, width)), 2); // prettier-ignore
  const aspects = histogram("width / height", photos.map(({ height, width }) => width / height), 3); // prettier-ignore
  const { height, domains } = stacked([ROW * Math.min(classes.length + 1, MOST_ROWS), PLOT, PLOT]);
  const [first = [], second = [], third = []] = domains;
  const count = (domain: readonly number[]) => ({ title: { text: "photos" }, rangemode: "tozero", domain });
  return figure([...bars, sides, aspects], {
    title: { text: `${photos.length.toLocaleString("en-US")} photos`, y: 0.99, yanchor: "top" },
    margin: { t: TOP, r: 24, b: BOTTOM, l: 64 },
    ...{ barmode: "stack", height },
    xaxis: { title: { text: "photos" }, anchor: "y" },
    yaxis: { type: "category", autorange: "reversed", automargin: true, domain: first },
    xaxis2: { title: { text: "shorter side in pixels" }, anchor: "y2" },
    yaxis2: { ...count(second), anchor: "x2" },
    xaxis3: { title: { text: "width / height" }, anchor: "y3" },
    yaxis3: { ...count(third), anchor: "x3" },
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", traceorder: "normal" },
  });
}

/** Plots under each other: the height of all, and what share of it each has, from the bottom. */
function stacked(heights: readonly number[]): { readonly height: number; readonly domains: number[][] } {
  const inner = heights.reduce((sum, one) => sum + one + GAP, -GAP);
  let top = inner;
  const domains = heights.map((one) => {
    const domain = [Math.max(0, (top - one) / inner), top / inner];
    top -= one + GAP;
    return domain;
  });
  return { height: inner + TOP + BOTTOM, domains };
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
