/** What was measured of explanations, and how it is shown. */
import { inspect } from "node:util";
import { bundleOf, displayable, htmlOf, type Displayable } from "../display/bundle";
import { table, type Table } from "../display/table";
import { figure, type Figure } from "../inspect/figure";
import { MUTED, seriesColor } from "../inspect/palette";
import { plotlyText } from "../inspect/titles";
import { quoteNearest } from "../tensorflow";
import type { Agreement } from "./agreement";
import type { Column } from "./metric";
import { BASELINE } from "./options";
import type { Measured, MeanCurve } from "./verdicts";

/** How true explanations are; it shows itself as a table and a figure. */
export interface ExplanationScores extends Displayable {
  /** How many photos. */
  readonly count: number;
  /** The methods by name, in order; the last is randomCam, which knows nothing. */
  readonly methods: readonly string[];
  /** By method and score: the mean over the photos that have one; NaN if none has. */
  readonly means: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By method and score: each photo's, as the input gave them; NaN where it has none, such as the pointing game's without a box. */
  readonly photos: Measured["photos"];
  /** How alike the methods' maps are. */
  readonly agreement: Agreement;
  /** A row for each method. */
  table(): Table;
  /** All scores of all methods; where one points at one, on how many photos it is better than randomCam. */
  figure(): Figure;
  /**
   * What a score is made of, in the mean over the photos: the class's probability as pixels go or come ("most relevant first",
   * "least relevant first", "deletion", "insertion"), or how alike maps stay ("randomized").
   * @throws {RangeError} if there is no such curve, naming those there are
   */
  curve(name: string): Figure;
}

/** What was measured, as it is shown. */
export function scoresOf(measured: Measured): ExplanationScores {
  const { count, methods, columns, photos, agreement } = measured;
  const means: Record<string, Record<string, number>> = {};
  for (const method of methods) {
    const ofColumn = ({ name }: Column): [string, number] => [name, meanOf(photos[method]?.[name])];
    means[method] = Object.fromEntries(columns.map(ofColumn));
  }
  const shown = { columns, methods, means, count, photos };
  const [listed, drawn] = [listScores(shown), drawScores(shown)];
  const asked = {
    table: () => listed,
    figure: () => drawn,
    curve: (name: string) => drawCurve(measured, name),
    [inspect.custom]: () => listed.toString(),
  };
  return displayable({ count, methods, means, photos, agreement, ...asked }, (context) => {
    const [rows, picture] = [bundleOf(listed, context), bundleOf(drawn, context)];
    return {
      ...picture,
      "text/html": `${htmlOf(rows)}\n${htmlOf(picture)}`,
      "text/plain": rows["text/plain"],
    };
  });
}

function meanOf(values: Float64Array = new Float64Array()): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

type Shown = Pick<ExplanationScores, "methods" | "means" | "count" | "photos"> & {
  readonly columns: readonly Column[];
};

const arrowOf = ({ better }: Column): string => (better === "more" ? "↑" : "↓");

function listScores({ methods, means, columns, count }: Shown): Table {
  const names = columns.map((column) => `${column.name} ${arrowOf(column)}`);
  const rows = methods.map((method) => {
    const cells = columns.map(({ name }, i): [string, string] => [
      names[i] ?? "",
      rounded(means[method]?.[name]),
    ]);
    return { method, ...Object.fromEntries(cells) };
  });
  const photos = `${count.toLocaleString("en-US")} ${count === 1 ? "photo" : "photos"}`;
  const caption = `Explanations of ${photos}; ↑ more is better, ↓ less`;
  return table(rows, { caption, columns: ["method", ...names] });
}

function rounded(mean: number | undefined): string {
  return mean === undefined || Number.isNaN(mean) ? "no box" : mean.toFixed(3).replace("-", "−");
}

function drawScores({ methods, means, columns, photos }: Shown): Figure {
  const x = columns.map((column) => `${column.name} ${arrowOf(column)}`);
  const baseline = photos[BASELINE];
  const traces = methods.map((method, i) => ({
    ...{ type: "scatter", mode: "markers", name: plotlyText(method), x },
    y: columns.map(({ name }) => orGap(means[method]?.[name])),
    text: columns.map((column) => wins(column, photos[method], method === BASELINE ? undefined : baseline)),
    marker: { color: colorOf(method, i), size: 11, symbol: SYMBOLS[i % SYMBOLS.length] ?? "circle" },
    hovertemplate: "%{x} %{y:.3f}%{text}<extra>%{fullData.name}</extra>",
  }));
  return figure(traces, {
    title: { text: "Explanations measured (↑ more is better, ↓ less)" },
    xaxis: { type: "category", automargin: true },
    yaxis: { zeroline: true },
    ...BELOW,
  });
}

type OfPhotos = Measured["photos"][string];

/** On how many photos a method is better than the baseline. */
function wins({ name, better }: Column, own?: OfPhotos, baseline?: OfPhotos): string {
  const sign = better === "more" ? 1 : -1;
  const differences = [...(own?.[name] ?? [])].map(
    (value, i) => sign * (value - (baseline?.[name]?.[i] ?? NaN)),
  );
  const known = differences.filter((difference) => !Number.isNaN(difference));
  if (known.length === 0) return "";
  const won = known.filter((difference) => difference > 0).length;
  return `<br>better than ${BASELINE} on ${won} of ${known.length} photos`;
}

/** The baseline's is no method's. */
const colorOf = (method: string, i: number): string => (method === BASELINE ? MUTED.light : seriesColor(i));

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "triangle-down"];
/** The legend stands below what is written at the axis, where its rows have room on a phone. */
const BELOW = {
  height: 480,
  showlegend: true,
  legend: { orientation: "h", x: 0, y: -0.26, yanchor: "top" },
} as const;

/** A gap: JSON has no NaN. */
const orGap = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

function drawCurve({ methods, curves }: Measured, name: string): Figure {
  const found = methods.flatMap((method, i) => {
    const curve = curves.get(method)?.find((one) => one.name === name);
    return curve === undefined ? [] : [{ method, curve, i }];
  });
  const [first] = found;
  if (first === undefined) throw noCurve(name, [...curves.values()].flat());
  return figure(
    found.map(({ method, curve, i }) => ({
      ...{ type: "scatter", mode: "lines+markers", name: plotlyText(method), x: curve.x, y: curve.y },
      ...{ line: { color: colorOf(method, i) }, marker: { size: 5 }, hovertemplate: "%{x}: %{y:.3f}<extra>%{fullData.name}</extra>" }, // prettier-ignore
    })),
    {
      title: { text: `${name[0]?.toUpperCase() ?? ""}${name.slice(1)}` },
      xaxis: {
        title: { text: first.curve.along },
        ...(typeof first.curve.x[0] === "number" ? { tickformat: ".0%" } : { type: "category" }),
      },
      yaxis: { title: { text: first.curve.of } },
      ...BELOW,
    },
  );
}

function noCurve(name: string, all: readonly MeanCurve[]): RangeError {
  const names = [...new Set(all.map((curve) => curve.name))];
  return new RangeError(
    `Cannot draw curve "${name}": expected one of ${names.join(", ") || "none"}; the nearest are ${quoteNearest(name, names)}`,
  );
}
