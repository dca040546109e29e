import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Json, MimeBundle } from "../display/bundle";
import { escapeHtml, scriptJson } from "../display/html";
import { pageScript } from "./page";

/** One trace of a Plotly figure: its type and that type's attributes. @see https://plotly.com/javascript/reference */
export interface PlotlyTrace {
  readonly type: string;
  readonly [attribute: string]: Json;
}

/** The layout of a Plotly figure. @see https://plotly.com/javascript/reference/layout */
export interface PlotlyLayout {
  readonly [attribute: string]: Json;
}

/** A Plotly figure as JSON: the MIME type application/vnd.plotly.v1+json. */
export interface PlotlySpec {
  readonly data: readonly PlotlyTrace[];
  readonly layout: PlotlyLayout;
}

/** A bundle that has HTML. */
export interface HtmlBundle extends MimeBundle {
  readonly "text/html": string;
}

const defaultHeight = 360;
let script: string | undefined;

/**
 * plotly.js itself as an output, so that a notebook's figures draw without a network.
 *
 * It travels compressed (2.6 MB instead of 10), and runs with `module` and `define` hidden, because a
 * page with a module loader would otherwise keep it from the figures.
 */
export function plotlyScript(): HtmlBundle {
  script ??= createScript();
  return { "text/html": script, "text/plain": "plotly.js, for the figures of this notebook" };
}

function createScript(): string {
  const source = readFileSync(require.resolve("plotly.js-dist/plotly.js"));
  const packed = gzipSync(source).toString("base64");
  return `<script>${pageScript}
(async () => {
  if (window.Plotly) return;
  const packed = Uint8Array.from(atob("${packed}"), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const source = await new Response(stream).text();
  if (window.Plotly) return;
  const script = document.createElement("script");
  script.text = "((module, exports, define) => {" + source + "\\n})()";
  document.head.append(script);
})();</script>`;
}

/**
 * A figure as HTML that draws itself once plotly.js is on the page, in whatever order a front end runs
 * scripts; until then, and where scripts are not run (on GitHub, in a notebook that is not trusted), it is its picture, or says what is
 * missing.
 * @param png  as base64
 */
export function plotlyHtml(spec: PlotlySpec, summary: string, png?: string): string {
  const id = `slimlab-${randomBytes(6).toString("hex")}`;
  const height = typeof spec.layout["height"] === "number" ? spec.layout["height"] : defaultHeight;
  const still =
    png === undefined
      ? `<small>${escapeHtml(summary)}. To see it drawn, run the notebook's first figure, which brings plotly.js.</small>`
      : `<img alt="${escapeHtml(summary)}" style="max-width:100%;max-height:100%" width="640" src="data:image/png;base64,${png}">`;
  return `<div id="${id}" style="height:${height}px${widest(spec.layout["meta"])}">${still}</div>
<script>((spec) => {
  const draw = (tries) => {
    const place = document.getElementById("${id}");
    if (place && window.Plotly && window.slimlabDraw) {
      place.textContent = "";
      window.slimlabDraw(place, spec);
    } else if (place || tries > 0) setTimeout(draw, 100, tries - 1);
  };
  draw(50);
})(${scriptJson({ ...spec, layout: { height: defaultHeight, ...spec.layout } })});</script>`;
}

/** Plotly fills the page; a layout whose `meta` has a `maxWidth`, in pixels, is no wider. */
function widest(meta: Json | undefined): string {
  const width: unknown =
    typeof meta === "object" && meta !== null ? Reflect.get(meta, "maxWidth") : undefined;
  return typeof width === "number" ? `;max-width:${width}px` : "";
}
