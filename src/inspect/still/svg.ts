/** A Plotly figure of lines, points, bars and cells as SVG, in the colours for light pages, for where no page draws it. */
import { GRID, GROUND, INK, MUTED } from "../palette";
import type { PlotlySpec } from "../plotly";
import { axisAttributes, scaleOf, type Scale } from "./axis";
import { isKnown } from "./known";
import { colorOf, markerAt, marksOf, path, valuesOf } from "./marks";
import {
  attributesOf,
  fitted,
  listOf,
  numberOr,
  svgText,
  textOr,
  titleOf,
  widthOf,
  type Attributes,
} from "./read";

/** The width of pictures, in pixels; of a phone's screen it is scaled to. */
export const WIDTH = 640;
const [HEIGHT, TICKS, TITLES, ROW, LABEL] = [360, 12, 13, 20, 150];

/** Where the plot is, in pixels. */
interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A picture of the figure; undefined if it has what is drawn on pages alone. */
export function svgOf(spec: PlotlySpec): string | undefined {
  if (!isKnown(spec)) return undefined;
  const { data, layout } = spec;
  const height = numberOr(layout["height"], HEIGHT);
  const legend = legendOf(spec);
  const title = titleOf(layout);
  const frame = frameOf(spec, height, 14 + (title === "" ? 0 : 26) + legend.rows * ROW);
  const x = xScale(spec, frame);
  const names = yNames(data);
  const ys = new Map(names.map((name) => [name, yScale(spec, name, frame)]));
  const parts = [
    `<rect width="${WIDTH}" height="${height}" fill="${GROUND.light}"/>`,
    title === "" ? "" : write(fitted(title, 15, WIDTH - 24), [12, 24], { size: 15, anchor: "start" }),
    `<g transform="translate(12 ${title === "" ? 10 : 36})">${legend.svg}</g>`,
    ...[...ys].map(([name, scale]) =>
      yAxis(scale, axisAttributes(layout, name), bandOf(layout, name, frame), frame),
    ),
    xAxis(x, frame),
    `<clipPath id="plot"><rect x="${frame.left - 1}" y="${frame.top - 6}" width="${frame.right - frame.left + 2}" height="${frame.bottom - frame.top + 7}"/></clipPath><g clip-path="url(#plot)">`,
    ...data.map((trace, i) => {
      const y = ys.get(textOr(trace["yaxis"], "y"));
      return y === undefined ? "" : marksOf(trace, i, { x, y });
    }),
    ...listOf(layout["shapes"]).map((shape) => lineOf(attributesOf(shape), x, ys, frame)),
    "</g>",
    ...listOf(layout["annotations"]).map((one) => annotation(attributesOf(one), x, ys, frame)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="DejaVu Sans">${parts.join("")}</svg>`;
}

interface Look {
  readonly size: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly color?: string;
  readonly turn?: number;
}

function write(text: string, [x, y]: readonly [number, number], look: Look): string {
  const { size, anchor = "middle", color = INK.light, turn = 0 } = look;
  const turned = turn === 0 ? "" : ` transform="rotate(${turn} ${x.toFixed(1)} ${y.toFixed(1)})"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" text-anchor="${anchor}" fill="${svgText(color)}"${turned}>${svgText(text)}</text>`;
}

function stroke(from: readonly [number, number], to: readonly [number, number], color: string): string {
  return path([from, to], { width: 1 }, color);
}

const yNames = (data: PlotlySpec["data"]): string[] => [
  ...new Set(data.map((trace) => textOr(trace["yaxis"], "y"))),
];

/** The names of the traces with what they look like, above the plot in rows. */
function legendOf({ data, layout }: PlotlySpec): { readonly svg: string; readonly rows: number } {
  const named = data
    .map((trace, i) => ({
      trace,
      color: colorOf(trace, i),
      name: fitted(textOr(trace["name"], `trace ${i}`), TICKS, WIDTH / 2),
    }))
    .filter(({ trace }) => trace["showlegend"] !== false && trace["type"] !== "heatmap");
  const isShown = layout["showlegend"] ?? data.length > 1;
  if (isShown !== true || named.length === 0) return { svg: "", rows: 0 };
  let [left, row] = [0, 0];
  const parts = named.map(({ trace, color, name }) => {
    const width = 34 + widthOf(name, TICKS) + 14;
    if (left > 0 && left + width > WIDTH - 24) [left, row] = [0, row + 1];
    const [at, middle] = [left, row * ROW + 8];
    left += width;
    const mode = textOr(trace["mode"], "lines");
    const marker = attributesOf(trace["marker"]);
    const isBar = trace["type"] === "bar";
    const line = !isBar && mode.includes("lines") ? path([[at, middle], [at + 26, middle]], attributesOf(trace["line"]), color) : ""; // prettier-ignore
    const mark = isBar || mode.includes("markers") ? markerAt([at + 13, middle], isBar ? "square" : textOr(marker["symbol"], "circle"), isBar ? 12 : numberOr(marker["size"], 6), color) : ""; // prettier-ignore
    return line + mark + write(name, [at + 32, middle + 4], { size: TICKS, anchor: "start" });
  });
  return { svg: parts.join(""), rows: row + 1 };
}

/** The plot's place: what is written beside it has room. */
function frameOf(spec: PlotlySpec, height: number, top: number): Frame {
  const rough = { left: 60, right: WIDTH - 24, top, bottom: height - 50 };
  const beside = (isRight: boolean): number => {
    const names = yNames(spec.data).filter(
      (name) => (axisAttributes(spec.layout, name)["side"] === "right") === isRight,
    );
    const sides = names.map((name) => {
      const scale = yScale(spec, name, rough);
      const widest = scale.ticks.reduce((most, { text }) => Math.max(most, widthOf(text, TICKS)), 0);
      return Math.min(LABEL, widest) + (scale.title === "" ? 14 : 36);
    });
    return Math.max(24, ...sides);
  };
  const wide = { ...rough, left: beside(false), right: WIDTH - beside(true) };
  const scale = xScale(spec, wide);
  const below = isTurned(scale) ? Math.min(LABEL, widest(scale)) : TICKS;
  return { ...wide, bottom: height - below - (scale.title === "" ? 14 : 38) };
}

const widest = ({ ticks }: Scale): number =>
  ticks.reduce((most, { text }) => Math.max(most, widthOf(text, TICKS)), 0);
/** Names that are wider than a category stand upright, unless most of them has room. */
const isTurned = (scale: Scale): boolean =>
  scale.isCategory && scale.unit < 80 && widest(scale) > scale.unit - 4;

function xScale({ data, layout }: PlotlySpec, { left, right }: Frame): Scale {
  const hasMarkers = data.some((trace) => trace["type"] !== "heatmap" && trace["mode"] !== "lines");
  const values = data.flatMap((trace) => valuesOf(trace, "x"));
  return scaleOf({ attributes: axisAttributes(layout, "x"), values, from: left, to: right, zero: false, margin: hasMarkers ? 0.04 : 0 }); // prettier-ignore
}

/** The part of the plot's height that an axis has. */
function bandOf(
  layout: Attributes,
  name: string,
  { top, bottom }: Frame,
): { readonly top: number; readonly bottom: number } {
  const own = axisAttributes(layout, name);
  const attributes =
    own["domain"] === undefined ? axisAttributes(layout, textOr(own["overlaying"], name)) : own;
  const [from, to] = listOf(attributes["domain"]);
  const height = bottom - top;
  return { top: bottom - height * numberOr(to, 1), bottom: bottom - height * numberOr(from, 0) };
}

function yScale({ data, layout }: PlotlySpec, name: string, frame: Frame): Scale {
  const traces = data.filter((trace) => textOr(trace["yaxis"], "y") === name);
  const { top, bottom } = bandOf(layout, name, frame);
  const values = traces.flatMap((trace) => valuesOf(trace, "y"));
  const attributes = axisAttributes(layout, name);
  const isCells = traces.some(({ type }) => type === "heatmap");
  const ends = isCells ? { from: top, to: bottom, attributes: { ...attributes, autorange: attributes["autorange"] === "reversed" ? true : "reversed" } } : { from: bottom, to: top, attributes }; // prettier-ignore
  return scaleOf({ ...ends, values, zero: traces.some(({ type }) => type === "bar"), margin: 0.05 });
}

function yAxis(
  scale: Scale,
  attributes: Attributes,
  band: { readonly top: number; readonly bottom: number },
  { left, right }: Frame,
): string {
  const isRight = attributes["side"] === "right";
  const shown = scale.ticks.filter(({ at }) => at >= band.top - 1 && at <= band.bottom + 1);
  const ticks = shown.map(({ at, text }) => {
    const grid =
      attributes["showgrid"] === false || scale.isCategory ? "" : stroke([left, at], [right, at], GRID.light);
    const place: [number, number] = isRight ? [right + 6, at + 4] : [left - 6, at + 4];
    return (
      grid + write(fitted(text, TICKS, LABEL), place, { size: TICKS, anchor: isRight ? "start" : "end" })
    );
  });
  const edge = isRight ? right : left;
  const title: [number, number] = [isRight ? WIDTH - 10 : 16, (band.top + band.bottom) / 2];
  const room = band.bottom - band.top + 20;
  return `${ticks.join("")}${stroke([edge, band.top], [edge, band.bottom], MUTED.light)}${write(fitted(scale.title, TITLES, room), title, { size: TITLES, turn: -90 })}`;
}

function xAxis(scale: Scale, { left, right, bottom }: Frame): string {
  const turned = isTurned(scale);
  const shown = scale.ticks.filter(({ at }) => at >= left - 1 && at <= right + 1);
  const ticks = shown.map(({ at, text }) => {
    if (turned)
      return write(fitted(text, TICKS, LABEL), [at + 4, bottom + 8], {
        size: TICKS,
        anchor: "end",
        turn: -90,
      });
    return (
      stroke([at, bottom], [at, bottom + 4], MUTED.light) +
      write(scale.isCategory ? fitted(text, TICKS, scale.unit - 4) : text, [at, bottom + 17], { size: TICKS })
    );
  });
  const below = turned ? Math.min(LABEL, widest(scale)) : TICKS;
  const title = write(scale.title, [(left + right) / 2, bottom + below + 26], { size: TITLES });
  return `${ticks.join("")}${stroke([left, bottom], [right, bottom], MUTED.light)}${title}`;
}

/** The place of what refers to an axis or, from 0 to 1, to the plot. */
function placeOf(
  one: Attributes,
  x: Scale,
  ys: ReadonlyMap<string, Scale>,
  frame: Frame,
  end = "",
): [number, number] {
  const share = (value: unknown): number => (typeof value === "number" ? value : NaN);
  const [left, top] = [one[`x${end}`] ?? null, one[`y${end}`] ?? null];
  const isOnAxis = (name: "x" | "y"): boolean => !/paper|domain/.test(textOr(one[`${name}ref`], name));
  const y = ys.get(textOr(one["yref"], "y"));
  return [
    isOnAxis("x") ? x.at(left) : frame.left + share(left) * (frame.right - frame.left),
    isOnAxis("y") ? (y?.at(top) ?? NaN) : frame.bottom - share(top) * (frame.bottom - frame.top),
  ];
}

function lineOf(shape: Attributes, x: Scale, ys: ReadonlyMap<string, Scale>, frame: Frame): string {
  const line = attributesOf(shape["line"]);
  const ends = [placeOf(shape, x, ys, frame, "0"), placeOf(shape, x, ys, frame, "1")];
  return path(ends, line, textOr(line["color"], MUTED.light));
}

function annotation(one: Attributes, x: Scale, ys: ReadonlyMap<string, Scale>, frame: Frame): string {
  const text = textOr(one["text"], "");
  const [left, top] = placeOf(one, x, ys, frame);
  if (text === "" || !Number.isFinite(left + top)) return "";
  const font = attributesOf(one["font"]);
  const room = x.isCategory ? (x.unit - 4) / widthOf(text, 1) : TICKS;
  const size = Math.min(numberOr(font["size"], TICKS), room);
  if (size < 6) return "";
  const anchors = { left: "start", right: "end" } as const;
  const side = textOr(one["xanchor"], "center");
  const anchor = side === "left" || side === "right" ? anchors[side] : "middle";
  const place: [number, number] = [
    left + numberOr(one["xshift"], 0),
    top + size / 3 - numberOr(one["yshift"], 0),
  ];
  return write(text, place, { size, anchor, color: textOr(font["color"], INK.light) });
}
