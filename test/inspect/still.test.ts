import assert from "node:assert/strict";
import { test } from "node:test";
import { PNG } from "pngjs";
import { bundleOf } from "../../src/display/bundle";
import { figure } from "../../src/inspect/figure";
import { SEQUENTIAL, seriesColor } from "../../src/inspect/palette";
import type { PlotlyLayout, PlotlyTrace } from "../../src/inspect/plotly";
import { lossCurve } from "../../src/inspect/plots";
import { indexedPng } from "../../src/inspect/still/indexed";
import { svgOf, WIDTH } from "../../src/inspect/still/svg";

const svg = (trace: PlotlyTrace, layout: PlotlyLayout = {}): string =>
  svgOf({ data: [trace], layout: { ...layout } }) ?? "";
const path = (text: string): string => /<g clip-path.*?<path d="([^"]*)"/.exec(text)?.[1] ?? "";
const numbers = (text: string): number[] =>
  [...text.matchAll(/-?\d+(\.\d+)?/g)].map(([found]) => Number(found));
const line = (x: readonly number[], y: readonly (number | null)[]): PlotlyTrace => ({ type: "scatter", mode: "lines", x, y }); // prettier-ignore

test("a figure has a PNG, twice as fine as it is large, of less than 60 kB", () => {
  const curve = lossCurve({ title: "Fine-tuning" });
  for (let step = 1; step <= 400; step++)
    curve.add(step, { loss: 1 / step + Math.sin(step) / 9, accuracy: 1 - 1 / step });
  const png = Buffer.from(String(bundleOf(curve)["image/png"]), "base64");
  const { width, height, data } = PNG.sync.read(png);
  assert.deepEqual([width, height], [2 * WIDTH, 720]);
  assert.ok(png.length < 60_000, String(png.length));
  const colors = new Set(
    Array.from({ length: width * height }, (_, i) => data.readUIntBE(4 * i, 3).toString(16)),
  );
  for (const i of [0, 1]) assert.ok(colors.has(Number.parseInt(seriesColor(i).slice(1), 16).toString(16)), seriesColor(i)); // prettier-ignore
});

test("a line goes through its values, from left to right and from below to above, with gaps", () => {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers(path(svg(line([0, 1, 4], [0, 5, 10]))));
  assert.ok(Math.abs((x1 - x0) / (x2 - x0) - 1 / 4) < 0.01);
  assert.ok(y0 > y1 && Math.abs((y0 - y1) / (y0 - y2) - 1 / 2) < 0.01);
  assert.match(path(svg(line([0, 1, 2, 3], [0, null, 1, 2]))), /^M[^ML]*M[^ML]*L[^ML]*$/);
});

test("a logarithmic axis has powers of ten, one of parts percents, and one of names the names", () => {
  const log = svg(line([1e-4, 1e-2], [0, 1]), { xaxis: { type: "log" } });
  for (const power of ["10⁻⁴", "10⁻³", "10⁻²"]) assert.ok(log.includes(`>${power}<`), power);
  const [x0 = 0, , x1 = 0, , x2 = 0] = numbers(path(svg(line([1, 10, 100], [0, 1, 2]), { xaxis: { type: "log" } }))); // prettier-ignore
  assert.ok(Math.abs(x1 - x0 - (x2 - x1)) < 0.2);
  assert.ok(svg(line([0, 1], [0, 1]), { yaxis: { tickformat: ".0%" } }).includes(">100%<"));
  assert.ok(svg({ type: "bar", x: ["<b>", "ä &lt; b"], y: [1, 2] }).includes(">ä &lt; b<"));
});

test("cells have the colours of their values, the first row on top where the axis is reversed", () => {
  const heat = { type: "heatmap", x: ["a", "b"], y: ["c", "d"], z: [[0, 0.5], [1, 0]], zmin: 0, zmax: 1, showscale: false, colorscale: SEQUENTIAL }; // prettier-ignore
  const rows = (text: string): [number, string][] =>
    [...text.matchAll(/<rect x="[\d.]+" y="([\d.]+)" [^>]* fill="(rgb[^"]+)"/g)].map(([, y, color = ""]) => [Number(y), color]); // prettier-ignore
  const reversed = rows(svg(heat, { yaxis: { autorange: "reversed" } }));
  assert.deepEqual(reversed.map(([, color]) => color), ["rgb(242,246,252)", "rgb(53,119,196)", "rgb(11,42,87)", "rgb(242,246,252)"]); // prettier-ignore
  assert.ok((reversed[0]?.[0] ?? 0) < (reversed[2]?.[0] ?? 0));
  const upright = rows(svg(heat));
  assert.ok((upright[0]?.[0] ?? 0) > (upright[2]?.[0] ?? 0));
});

test("a figure with what only a page draws has no PNG", () => {
  const bar = { type: "bar", x: ["a"], y: [1] };
  const without: [PlotlyTrace[], PlotlyLayout][] = [
    [[{ type: "surface", z: [[1]] }], {}],
    [[bar, bar], { barmode: "stack" }],
    [[{ ...bar, orientation: "h" }], {}],
    [[{ type: "scatter", x: ["2024-01-01"], y: [1] }], {}],
    [[{ type: "scatter", x: [1], y: [1], fill: "tozeroy" }], {}],
    [[line([0, 1], [0, 1])], { polar: {} }],
  ];
  for (const [data, layout] of without)
    assert.ok(!("image/png" in bundleOf(figure(data, layout))), JSON.stringify([data, layout]));
});

test("indexedPng() keeps up to 256 colours, and takes near ones for the rest", () => {
  const few = Buffer.from([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 8, 7, 255]);
  assert.deepEqual(PNG.sync.read(indexedPng(few, 2, 2)).data, few);
  const grey = (i: number): number[] => [i % 150, i % 150, i < 300 ? i % 150 : (i % 150) + 1, 255]; // the last 140 are rare
  const many = Buffer.from(Array.from({ length: 440 }, (_, i) => grey(i)).flat());
  const read = PNG.sync.read(indexedPng(many, 20, 22)).data;
  assert.ok(read.every((value, i) => Math.abs(value - (many[i] ?? 0)) <= 1));
});
