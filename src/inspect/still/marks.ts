/** The marks of traces, as SVG. */
import type { Json } from "../../display/bundle";
import { INK, seriesColor } from "../palette";
import type { Scale } from "./axis";
import { attributesOf, listOf, numberOr, svgText, textOr, type Attributes } from "./read";

/** The axes of a trace, in pixels of the picture. */
export interface Axes {
  readonly x: Scale;
  readonly y: Scale;
}

const DASHES: Readonly<Record<string, string>> = {
  dot: "2 4",
  dash: "8 5",
  dashdot: "8 4 2 4",
  longdash: "12 6",
};

/** The colour of a trace, by its place among all. */
export function colorOf(trace: Attributes, index: number): string {
  const [line, marker] = [attributesOf(trace["line"]), attributesOf(trace["marker"])];
  const markerColor = textOr(marker["color"], undefined);
  return textOr(line["color"], markerColor) ?? seriesColor(index);
}

/** The marks of a trace. */
export function marksOf(trace: Attributes, index: number, axes: Axes): string {
  if (trace["type"] === "bar") return bars(trace, colorOf(trace, index), axes);
  if (trace["type"] === "heatmap") return cells(trace, axes);
  return points(trace, colorOf(trace, index), axes);
}

/** The values along an axis: those given, or their places. */
export function valuesOf(trace: Attributes, axis: "x" | "y"): readonly Json[] {
  const values = listOf(trace[axis]);
  if (values.length > 0) return values;
  const others = listOf(trace["type"] === "heatmap" ? trace["z"] : trace[axis === "x" ? "y" : "x"]);
  const count = trace["type"] === "heatmap" && axis === "x" ? listOf(others[0]).length : others.length;
  return Array.from({ length: count }, (_, i) => i);
}

/** A line, unless the trace has markers alone; NaN makes a gap. */
function points(trace: Attributes, color: string, { x, y }: Axes): string {
  const ys = valuesOf(trace, "y");
  const places = valuesOf(trace, "x").map((value, i): [number, number] => [x.at(value), y.at(ys[i] ?? null)]);
  const mode = textOr(trace["mode"], places.length < 20 ? "lines+markers" : "lines");
  const line = attributesOf(trace["line"]);
  const parts: string[] = [];
  if (mode.includes("lines")) parts.push(path(places, line, color));
  if (mode.includes("markers")) {
    const marker = attributesOf(trace["marker"]);
    const colors = listOf(marker["color"]);
    places.forEach(([left, top], i) => {
      if (!Number.isFinite(left + top)) return;
      const fill = textOr(colors[i], textOr(marker["color"], color));
      parts.push(
        markerAt([left, top], textOr(marker["symbol"], "circle"), numberOr(marker["size"], 6), fill),
      );
    });
  }
  return parts.join("");
}

/** A line through points, in pixels. */
export function path(
  places: readonly (readonly [number, number])[],
  line: Attributes,
  color: string,
): string {
  let isDown = false;
  const steps = places.map(([left, top]) => {
    const isPoint = Number.isFinite(left + top);
    const step = isPoint ? `${isDown ? "L" : "M"}${left.toFixed(1)} ${top.toFixed(1)}` : "";
    isDown = isPoint;
    return step;
  });
  const dash = DASHES[textOr(line["dash"], "solid")];
  const dashes = dash === undefined ? "" : ` stroke-dasharray="${dash}"`;
  return `<path d="${steps.join("")}" fill="none" stroke="${svgText(color)}" stroke-width="${numberOr(line["width"], 2)}" stroke-linejoin="round"${dashes}/>`;
}

/** A marker; of shapes other than these, a circle. */
export function markerAt(
  [left, top]: readonly [number, number],
  symbol: string,
  size: number,
  color: string,
): string {
  const r = size / 2;
  const fill = `fill="${svgText(color)}"`;
  if (symbol.startsWith("square"))
    return `<rect x="${left - r}" y="${top - r}" width="${size}" height="${size}" ${fill}/>`;
  const corners: Readonly<Record<string, string>> = {
    diamond: `0,${-r * 1.3} ${r * 1.3},0 0,${r * 1.3} ${-r * 1.3},0`,
    "triangle-up": `0,${-r * 1.2} ${r * 1.2},${r} ${-r * 1.2},${r}`,
    "triangle-down": `0,${r * 1.2} ${r * 1.2},${-r} ${-r * 1.2},${-r}`,
  };
  const polygon = corners[symbol.replace("-open", "")];
  if (polygon === undefined)
    return `<circle cx="${left.toFixed(1)}" cy="${top.toFixed(1)}" r="${r}" ${fill}/>`;
  return `<polygon points="${polygon}" transform="translate(${left.toFixed(1)} ${top.toFixed(1)})" ${fill}/>`;
}

function bars(trace: Attributes, color: string, { x, y }: Axes): string {
  const [xs, ys] = [valuesOf(trace, "x"), valuesOf(trace, "y")];
  const places = xs.map((value) => x.at(value)).sort((a, b) => a - b);
  const gaps = places.slice(1).map((place, i) => place - (places[i] ?? 0)).filter((gap) => gap > 0); // prettier-ignore
  const apart = x.isCategory ? x.unit : gaps.length === 0 ? x.unit : Math.min(...gaps);
  const width = numberOr(trace["width"], 0) * x.unit || apart * 0.8;
  const colors = listOf(attributesOf(trace["marker"])["color"]);
  const bottom = y.at(0);
  return xs
    .map((value, i) => {
      const [left, top] = [x.at(value) - width / 2, y.at(ys[i] ?? null)];
      if (!Number.isFinite(left + top)) return "";
      const fill = textOr(colors[i], color);
      return `<rect x="${left.toFixed(1)}" y="${Math.min(top, bottom).toFixed(1)}" width="${width.toFixed(1)}" height="${Math.abs(bottom - top).toFixed(1)}" fill="${svgText(fill)}" stroke="#fff" stroke-width="0.5"/>`;
    })
    .join("");
}

function cells(trace: Attributes, { x, y }: Axes): string {
  const [xs, ys] = [valuesOf(trace, "x"), valuesOf(trace, "y")];
  const rows = listOf(trace["z"]).map(listOf);
  const all = rows.flat().filter((value) => typeof value === "number");
  const low = numberOr(
    trace["zmin"],
    all.reduce((least, value) => Math.min(least, value), Infinity),
  );
  const high = numberOr(
    trace["zmax"],
    all.reduce((most, value) => Math.max(most, value), -Infinity),
  );
  return rows
    .flatMap((row, i) =>
      row.map((value, j) => {
        if (typeof value !== "number") return "";
        const share = high === low ? 0 : (value - low) / (high - low);
        const [left, top] = [x.at(xs[j] ?? null) - x.unit / 2, y.at(ys[i] ?? null) - y.unit / 2];
        return `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${(x.unit + 0.2).toFixed(1)}" height="${(y.unit + 0.2).toFixed(1)}" fill="${colorAt(listOf(trace["colorscale"]), share)}"/>`;
      }),
    )
    .join("");
}

function colorAt(scale: readonly Json[], share: number): string {
  const stops = scale.map((stop) => ({
    at: numberOr(listOf(stop)[0], 0),
    color: textOr(listOf(stop)[1], INK.light),
  }));
  const end = stops.findIndex(({ at }) => at >= share);
  const [from, to] = [
    stops[Math.max(0, end < 0 ? stops.length - 1 : end - 1)],
    stops[end < 0 ? stops.length - 1 : end],
  ];
  if (from === undefined || to === undefined) return INK.light;
  const part = to.at === from.at ? 0 : (share - from.at) / (to.at - from.at);
  const mixed = [1, 3, 5].map((at) => {
    const [a, b] = [from, to].map(({ color }) => Number.parseInt(color.slice(at, at + 2), 16));
    return Math.round((a ?? 0) + part * ((b ?? 0) - (a ?? 0)));
  });
  return `rgb(${mixed.join(",")})`;
}
