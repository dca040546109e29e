/** Several heat maps of the same photos: one figure with a slider, which needs no kernel. */
import { displayable, type Json } from "../display/bundle";
import { stopsOf } from "./colormap";
import { showFigure, type Figure } from "./figure";
import { restore, shrink, type Explanation, type ShowCamOptions } from "./gallery";
import { evenly, listOf, sampleHeat, type Placement } from "./place";
import type { PlotlyLayout, PlotlyTrace } from "./plotly";
import { tf } from "../tensorflow";
import { encodeJpeg } from "../tensorflow/ops/encode";

/** The photos as files, for pages. */
export interface Thumbnails {
  readonly width: number;
  readonly height: number;
  /** As base64. */
  readonly jpegs: readonly string[];
}

/** Pixels below each photo for its caption, and below all for the slider. */
const [CAPTION, SLIDER] = [54, 90];
/** A slider with its labels needs so much width. */
const LEAST = 420;
const CLEAR = "rgba(0,0,0,0)";

/**
 * The photos as small JPEGs.
 * @param photos  [batch, height, width, 3], from which the options' means were subtracted
 */
export function thumbnailsOf(photos: tf.Tensor4D, options: ShowCamOptions): Thumbnails {
  const jpegs: string[] = [];
  const [, height, width] = photos.shape;
  tf.tidy(() => {
    const small = shrink(restore(photos, options), options.size ?? 160);
    const [, h, w] = small.shape;
    for (const one of tf.unstack(small))
      jpegs.push(Buffer.from(encodeJpeg(one.as3D(h, w, 3), { quality: 85 })).toString("base64"));
  });
  return { width, height, jpegs };
}

/** One stop of the slider. */
export interface CamFrame {
  /** What the slider calls it. */
  readonly label: string;
  /** What is said of each photo. */
  readonly captions: readonly string[];
  /** Its maps; called in tidy(). */
  explanation(this: void): Pick<Explanation, "heatmaps"> & Placement;
}

/** How a slider is shown. */
export interface CamSliderOptions extends ShowCamOptions {
  /** The frame that is shown first. */
  readonly active: number;
  /** What is said before the label, e.g. "step ". */
  readonly prefix: string;
  /** The picture that stands for it where no page is shown, as base64. */
  readonly png: string | undefined;
  /** What stands for it in a terminal. */
  readonly text: string;
}

/** Heat in the photos' pixels, by photo. */
interface Heat {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly z: readonly (readonly (readonly number[])[])[];
}

/** Rows and columns of heat at most: more are put together, by their mean. */
const MOST_CELLS = 64;

/** A figure with a slider over the frames. */
export function camSlider(
  photos: Thumbnails,
  frames: readonly CamFrame[],
  options: CamSliderOptions,
): Figure {
  const { active, prefix, png, text, contour = [] } = options;
  const columns = options.columns ?? Math.ceil(Math.sqrt(photos.jpegs.length));
  const heats = frames.map((frame) => heatOf(frame, photos, options));
  const maps = photos.jpegs.map((_, i): PlotlyTrace => {
    const { x, y, z } = heats[active] ?? { x: [], y: [], z: [] };
    const axes = { xaxis: axisOf("x", i), yaxis: axisOf("y", i) };
    const hovertemplate = "heat %{z:.2f} at x %{x:.0f}, y %{y:.0f}<extra></extra>";
    return { type: "heatmap", name: `photo ${i}`, x, y, z: z[i] ?? [], ...axes, ...drawnAs(options), hovertemplate };
  }); // prettier-ignore
  const data = [...maps, ...contour.flatMap((level) => STROKES.flatMap((stroke) => maps.map((map) => lineAt(level, map, stroke))))]; // prettier-ignore
  const steps = frames.map(({ label, captions }, k) => {
    const texts = captions.map((caption, i): [string, Json] => [`annotations[${i}].text`, broken(caption)]);
    const { x, y, z } = heats[k] ?? { x: [], y: [], z: [] };
    const cells = heats.every((heat) => isSame(heat, heats[0]))
      ? {}
      : { x: data.map(() => x), y: data.map(() => y) };
    return {
      label,
      method: "update",
      args: [{ z: data.map((_, i) => z[i % z.length] ?? []), ...cells }, Object.fromEntries(texts)],
    };
  });
  const layout = layoutOf(photos, placesOf(photos, columns), frames[active]?.captions ?? []);
  const slider = { steps, active, currentvalue: { prefix }, pad: { t: 8 }, x: 0.07, len: 0.86 }; // labels at both ends have room
  const spec = { data, layout: { ...layout, sliders: [slider] } };
  return displayable({ ...spec }, (context) => ({ ...showFigure(spec, context, png), "text/plain": text }));
}

function isSame(one: Heat, other: Heat | undefined): boolean {
  return String([one.x, one.y]) === String([other?.x, other?.y]);
}

/** Heat at the middles of cells and at the photo's edges; between them a page draws it linearly. */
function heatOf(frame: CamFrame, { width, height }: Thumbnails, { placement: asked }: ShowCamOptions): Heat {
  return tf.tidy(() => {
    const { heatmaps, ...own } = frame.explanation();
    const placed = asked === "resize" ? evenly(heatmaps.shape) : (asked ?? own);
    const few = fewer(heatmaps, { rows: listOf(placed.rows), columns: listOf(placed.columns) });
    const at = { rows: within(few.rows), columns: within(few.columns) };
    const heat = sampleHeat(few.heat, few, at).arraySync();
    const z = heat.map((map) => map.map((row) => row.map((value) => Math.round(value * 1000) / 1000)));
    const pixels = (share: number, side: number): number => Number((share * side).toFixed(1));
    return {
      ...{ x: at.columns.map((share) => pixels(share, width)), y: at.rows.map((share) => pixels(share, height)) },
      z,
    }; // prettier-ignore
  });
}

function within(places: readonly number[]): number[] {
  return [0, ...places.filter((place) => place > 0 && place < 1), 1];
}

interface PlacedHeat {
  readonly heat: tf.Tensor3D;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** As many cells as make a small page. */
function fewer(heatmaps: tf.Tensor3D, { rows, columns }: Omit<PlacedHeat, "heat">): PlacedHeat {
  const side = Math.ceil(Math.max(rows.length, columns.length) / MOST_CELLS);
  if (side === 1) return { heat: heatmaps, rows, columns };
  const middles = (places: readonly number[]): number[] =>
    Array.from({ length: Math.ceil(places.length / side) }, (_, i) => {
      const some = places.slice(i * side, (i + 1) * side);
      return some.reduce((sum, place) => sum + place, 0) / some.length;
    });
  const pooled = tf.avgPool(heatmaps.expandDims<tf.Tensor4D>(3), side, side, "same");
  return { heat: pooled.squeeze([3]), rows: middles(rows), columns: middles(columns) };
}

function drawnAs({
  alpha = 0.4,
  colormap = "turbo",
  threshold = 0,
}: ShowCamOptions): Readonly<Record<string, Json>> {
  const colours = stopsOf(colormap);
  const colorscale: Json[] =
    threshold === 0
      ? colours.map(([at, colour]) => [at, colour])
      : [[0, CLEAR], [threshold, CLEAR], ...colours.filter(([at]) => at > threshold).map(([at, colour]) => [at, colour])]; // prettier-ignore
  return { colorscale, opacity: alpha, zmin: 0, zmax: 1, zsmooth: "best", showscale: false };
}

/** How lines are drawn, one over the other: read on light photos and on dark ones. */
const STROKES = [
  { color: "rgb(0,0,0)", width: 4 },
  { color: "rgb(255,255,255)", width: 2 },
] as const;

/** A line over a map at a heat. */
function lineAt(level: number, map: PlotlyTrace, stroke: (typeof STROKES)[number]): PlotlyTrace {
  const kept = ["name", "x", "y", "z", "xaxis", "yaxis"].map((name): [string, Json] => [name, map[name] ?? null]); // prettier-ignore
  return {
    ...{ ...Object.fromEntries(kept), type: "contour", autocontour: false, showscale: false },
    contours: { start: level, end: level, size: 1, coloring: "none" },
    ...{ line: { ...stroke, smoothing: 0 }, showlegend: false, hoverinfo: "skip" },
  };
}

/** Where each photo is, as shares of the figure. */
interface Places {
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  /** Of the whole, at most; on a narrower page the photos are smaller. */
  readonly width: number;
}

function placesOf({ width, height, jpegs }: Thumbnails, wanted: number): Places {
  const columns = Math.min(wanted, jpegs.length);
  const rows = Math.ceil(jpegs.length / columns);
  const side = Math.min(240, 640 / columns);
  return {
    ...{ rows, columns, width: Math.max(LEAST, Math.round(columns * side) + 16) },
    height: Math.round(rows * ((side * height) / width + CAPTION)),
  };
}

const axisOf = (letter: "x" | "y", i: number): string => (i === 0 ? letter : `${letter}${i + 1}`);

function layoutOf(
  { width, height, jpegs }: Thumbnails,
  { rows, columns, height: total, width: widest }: Places,
  captions: readonly string[],
): PlotlyLayout {
  const bare = { showgrid: false, zeroline: false, showticklabels: false, ticks: "", fixedrange: true };
  const axes = jpegs.flatMap((_, i): [string, Json][] => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const [left, top] = [column / columns, 1 - row / rows];
    const x = { ...bare, domain: [left, left + 0.97 / columns], range: [0, width], anchor: axisOf("y", i), constrain: "domain" };
    const y = { ...bare, domain: [top - 1 / rows + CAPTION / total, top], range: [height, 0], anchor: axisOf("x", i), constrain: "domain", scaleanchor: axisOf("x", i) };
    return [[`xaxis${i === 0 ? "" : i + 1}`, x], [`yaxis${i === 0 ? "" : i + 1}`, y]];
  }); // prettier-ignore
  const images = jpegs.map((jpeg, i) => ({
    ...{ source: `data:image/jpeg;base64,${jpeg}`, xref: axisOf("x", i), yref: axisOf("y", i) },
    ...{ x: 0, y: 0, sizex: width, sizey: height, sizing: "stretch", layer: "below" },
  }));
  const annotations = jpegs.map((_, i) => ({
    ...{ text: broken(captions[i] ?? ""), showarrow: false, font: { size: 11 } },
    ...{ xref: `${axisOf("x", i)} domain`, yref: `${axisOf("y", i)} domain`, x: 0.5, y: 0, yanchor: "top" },
  }));
  return {
    ...Object.fromEntries(axes),
    ...{
      images,
      annotations,
      height: total + SLIDER,
      margin: { t: 8, r: 8, b: SLIDER, l: 8 },
      meta: { maxWidth: widest },
    },
  };
}

/** A caption in lines that fit below a photo. */
function broken(caption: string): string {
  const escaped = caption.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return escaped.replace("explains ", "explains<br>").replace(" (is ", "<br>(is ").replace(": ", ":<br>");
}
