import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf, type Json } from "../../src/display/bundle";
import { figure } from "../../src/inspect/figure";
import type { PlotlyLayout, PlotlyTrace } from "../../src/inspect/plotly";
import { readTitles } from "../../src/inspect/titles";
import { skip, startBrowser } from "../kernel/labserver";

const traces: readonly PlotlyTrace[] = [
  { type: "heatmap", z: [[1, 2]], colorbar: { title: "height", titleside: "right" } },
  { type: "scatter", x: [1], y: [2], marker: { color: [1], colorbar: { title: "weight" } }, legendgrouptitle: "all" },
  { type: "pie", labels: ["a"], values: [1], title: "share", titleposition: "top left" },
  { type: "indicator", mode: "number", value: 3, title: "now" },
  { type: "bar", y: [1], marker: { color: [1], coloraxis: "coloraxis" } },
  { type: "scatter3d", x: [1], y: [1], z: [1] },
]; // prettier-ignore
const layout: PlotlyLayout = {
  title: { text: "Loss", subtitle: "smoothed" },
  xaxis: { title: "step", titlefont: { size: 20 } },
  yaxis: { title: 7 },
  legend: { title: "series" },
  coloraxis: { colorbar: { title: "depth" } },
  scene: { zaxis: { title: "z" } },
};

/** Every text that stands in the place of a title, by its path. */
const expected: Readonly<Record<string, string>> = {
  "data.0.colorbar.title": "height",
  "data.1.marker.colorbar.title": "weight",
  "data.1.legendgrouptitle": "all",
  "data.2.title": "share",
  "data.3.title": "now",
  "layout.title": "Loss",
  "layout.title.subtitle": "smoothed",
  "layout.xaxis.title": "step",
  "layout.yaxis.title": "7",
  "layout.legend.title": "series",
  "layout.coloraxis.colorbar.title": "depth",
  "layout.scene.zaxis.title": "z",
};

function at(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner: unknown, key) => Reflect.get(Object(inner), key), value);
}

test("figure() draws titles that are given as texts, of axes, colour bars and legends too", () => {
  const bundle = bundleOf(figure(traces, { ...layout, title: "Loss" }));
  const spec = bundle["application/vnd.plotly.v1+json"];
  assert.deepEqual(at(spec, "layout.title"), { text: "Loss" });
  assert.equal(at(spec, "layout.margin.t"), 48);
  assert.match(bundle["text/plain"], /^Figure "Loss": /);
  assert.match(String(bundle["text/html"]), /"title":\{"text":"Loss"\}/);
});

test("readTitles() finds every title, and what once stood beside it, and leaves the user's data", () => {
  const read = { data: traces.map((trace) => readTitles(trace)), layout: readTitles(layout) };
  for (const [path, text] of Object.entries(expected)) assert.equal(at(read, `${path}.text`), text, path);
  assert.deepEqual(at(read, "data.0.colorbar.title"), { text: "height", side: "right" });
  assert.deepEqual(at(read, "data.2.title"), { text: "share", position: "top left" });
  assert.deepEqual(at(read, "layout.xaxis.title"), { text: "step", font: { size: 20 } });
  const own: Json = { customdata: [{ title: "a" }], meta: { title: "b" }, text: ["title"], title: null };
  assert.deepEqual(readTitles(own), own);
});

test("plotly.js knows every title that readTitles() gives, and none that is a text", { skip }, async () => {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ path: require.resolve("plotly.js-dist/plotly.js") });
    const problems = async (data: readonly Json[], given: Json): Promise<unknown> =>
      page.evaluate(
        `(Plotly.validate(${JSON.stringify(data)}, ${JSON.stringify(given)}) ?? []).map(({ container, trace, path }) => [container, trace ?? [], path].flat().join(".")).filter((path) => path.includes("title"))`,
      );
    assert.deepEqual(
      await problems(
        traces.map((trace) => readTitles(trace)),
        readTitles(layout),
      ),
      [],
    );
    const ignored = await problems(traces, layout);
    for (const path of Object.keys(expected).filter((name) => name !== "layout.title"))
      assert.ok(
        Array.isArray(ignored) && ignored.some((name) => name === path),
        `${path} in ${String(ignored)}`,
      );
  } finally {
    await browser.close();
  }
});
