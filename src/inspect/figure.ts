import { displayable, type Displayable, type DisplayContext, type MimeBundle } from "../display/bundle";
import { STANDARD } from "./page";
import {
  plotlyHtml,
  plotlyScript,
  type HtmlBundle,
  type PlotlyLayout,
  type PlotlySpec,
  type PlotlyTrace,
} from "./plotly";
import { figurePng } from "./still/png";
import { readTitles } from "./titles";

/** A Plotly figure that shows itself in notebooks, offline too. */
export interface Figure extends Displayable, PlotlySpec {}

/** True once this process has shown plotly.js to a front end that does not keep account of it. */
let scriptShown = false;

/**
 * A figure of Plotly traces.
 *
 * Shown, it is one bundle: Plotly's JSON, HTML that draws it, a PNG of what stands in it for where no page is shown (of lines, points,
 * one bar chart, heat maps without a scale), and a line of text. plotly.js itself comes
 * as an output before the notebook's first figure, or in that figure's HTML without a kernel. A title, of an axis, a colour
 * bar or a legend too, is a text or `{ text, font, … }`.
 * @example
 * figure([{ type: "bar", x: ["hat", "shoes"], y: [12, 73] }], { title: { text: "Photos" } })
 * @see https://plotly.com/javascript/reference
 */
export function figure(data: readonly PlotlyTrace[], layout: PlotlyLayout = {}): Figure {
  const spec = {
    data,
    layout: { margin: { t: layout["title"] === undefined ? 24 : 48, r: 24, b: 48, l: 64 }, ...layout },
  };
  return displayable({ ...spec }, (context) => showFigure(spec, context));
}

/**
 * The bundle of a figure with its picture, after plotly.js has been shown where it is not yet.
 * @param still  what the picture shows of a figure that can't be drawn without a page, or that picture as base64. @default the figure
 */
export function showFigure(
  spec: PlotlySpec,
  context?: DisplayContext,
  still: PlotlySpec | string = spec,
): MimeBundle {
  context?.publishOnce("plotly.js", plotlyScript);
  const png = typeof still === "string" ? still : figurePng(readSpec(still));
  const bundle = { ...figureBundle(spec, png), ...(png !== undefined && { "image/png": png }) };
  if (context !== undefined || scriptShown) return bundle;
  scriptShown = true;
  return { ...bundle, "text/html": `${plotlyScript()["text/html"]}${bundle["text/html"]}` };
}

/**
 * The bundle of a figure for a page that has plotly.js.
 * @param png  as base64, shown until the figure is drawn
 */
export function figureBundle(given: PlotlySpec, png?: string): HtmlBundle {
  const spec = readSpec(given);
  const summary = summarize(spec);
  return {
    "application/vnd.plotly.v1+json": { data: spec.data, layout: { ...STANDARD, ...spec.layout } },
    "text/html": plotlyHtml(spec, summary, png),
    "text/plain": summary,
  };
}

function readSpec({ data, layout }: PlotlySpec): PlotlySpec {
  return { data: data.map((trace) => readTitles(trace)), layout: readTitles(layout) };
}

/** One line for a terminal: Figure "Training": loss (20 points, last 0.31). */
function summarize({ data, layout }: PlotlySpec): string {
  const title = readTitle(layout["title"]);
  const traces = data.map((trace) => {
    const points = [trace["y"], trace["x"], trace["z"]].find((values) => Array.isArray(values));
    return `${typeof trace["name"] === "string" ? trace["name"] : trace.type}${Array.isArray(points) ? ` (${describePoints(points)})` : ""}`;
  });
  return `Figure${title === undefined ? "" : ` "${title}"`}: ${traces.join(", ") || "empty"}`;
}

function readTitle(title: unknown): string | undefined {
  if (typeof title !== "object" || title === null) return undefined;
  const text: unknown = Reflect.get(title, "text");
  return typeof text === "string" ? text : undefined;
}

function describePoints(points: readonly unknown[]): string {
  const last = points.at(-1);
  const value = typeof last === "number" ? `, last ${Number(last.toPrecision(4))}` : "";
  return `${points.length} ${points.length === 1 ? "point" : "points"}${value}`;
}
