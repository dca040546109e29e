/** Pictures of figures, for what shows neither HTML nor scripts: GitHub, PDF, e-mail, a terminal. */
import { Resvg, type RenderedImage } from "@resvg/resvg-js";
import type { PlotlySpec } from "../plotly";
import { indexedPng } from "./indexed";
import { svgOf } from "./svg";

/** Letters that DejaVu Sans has not: Chinese, Japanese, Korean, emoji; the machine's own fonts have them, where it has such. */
const BEYOND = /[\u2e80-\ud7a3\uf900-\ufaff\u{1f000}-\u{3ffff}]/u;

/**
 * A figure's picture, twice as fine as it is large, without a browser.
 * @returns  PNG as base64; undefined if the figure has what is drawn on pages alone: other traces than lines, points, one bar chart and
 *   heat maps without a scale
 */
export function figurePng(spec: PlotlySpec): string | undefined {
  const svg = svgOf(spec);
  if (svg === undefined) return undefined;
  const { pixels, width, height } = drawSvg(svg, 2);
  return indexedPng(pixels, width, height).toString("base64");
}

/**
 * A drawing as pixels.
 * @param svg   in DejaVu Sans; photos in it as data URIs
 * @param zoom  pixels to one of its own
 */
export function drawSvg(svg: string, zoom: number): RenderedImage {
  const fontFile = require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf");
  const font = { loadSystemFonts: BEYOND.test(svg), fontFiles: [fontFile], defaultFontFamily: "DejaVu Sans" };
  return new Resvg(svg, { fitTo: { mode: "zoom", value: zoom }, font }).render();
}
