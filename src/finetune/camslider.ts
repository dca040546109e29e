/** How heat maps changed: one figure with a slider over steps. */
import { bundleOf, displayable, type Json } from "../display/bundle";
import { stopsOf } from "../inspect/colormap";
import { showFigure, type Figure } from "../inspect/figure";
import { restore, shrink, type Gallery, type ShowCamOptions } from "../inspect/gallery";
import { evenly, sampleHeat } from "../inspect/place";
import type { PlotlyLayout, PlotlyTrace } from "../inspect/plotly";
import { tf } from "../tensorflow";
import { encodeJpeg } from "../tensorflow/ops/encode";
import { explanationOf, type KeptLook } from "./looks";

/** The photos as files, for pages. */
export interface Thumbnails {
  readonly width: number;
  readonly height: number;
  /** As base64. */
  readonly jpegs: readonly string[];
}

/** Pixels below each photo for its caption, and below all for the slider. */
const [CAPTION, SLIDER] = [54, 90];
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

/**
 * A figure with a slider over the looks, at the latest first. It needs no kernel. Its picture is the latest look's gallery.
 * @param gallery  of the latest look
 */
export function camSlider(
  photos: Thumbnails,
  looks: readonly KeptLook[],
  gallery: Gallery,
  options: ShowCamOptions,
): Figure {
  const heats = looks.map((look) => heatOf(look, photos, options));
  const places = placesOf(photos, options.columns ?? Math.ceil(Math.sqrt(photos.jpegs.length)));
  const active = looks.length - 1;
  const data = photos.jpegs.map((_, i): PlotlyTrace => {
    const { x, y, z } = heats[active] ?? { x: [], y: [], z: [] };
    const axes = { xaxis: axisOf("x", i), yaxis: axisOf("y", i) };
    const hovertemplate = "heat %{z:.2f} at x %{x:.0f}, y %{y:.0f}<extra></extra>";
    return { type: "heatmap", name: `photo ${i}`, x, y, z: z[i] ?? [], ...axes, ...drawnAs(options), hovertemplate };
  }); // prettier-ignore
  const steps = looks.map(({ step, captions }, k) => ({
    label: String(step),
    method: "update",
    args: [{ z: heats[k]?.z ?? [] }, Object.fromEntries(captions.map((text, i) => [`annotations[${i}].text`, broken(text)]))],
  })); // prettier-ignore
  const spec = { data, layout: { ...layoutOf(photos, places, looks[active]), sliders: [sliderOf(steps, active)] } }; // prettier-ignore
  return displayable({ ...spec }, (context) => {
    const png = bundleOf(gallery)["image/png"];
    const bundle = showFigure(spec, context, typeof png === "string" ? png : undefined);
    return { ...bundle, "text/plain": textOf(looks) };
  });
}

/** The captions at the first and the last step. */
function textOf(looks: readonly KeptLook[]): string {
  const ends = looks.length === 1 ? looks : [looks[0], looks.at(-1)];
  const lines = ends.map((look) => `step ${look?.step}: ${look?.captions.join(", ")}`);
  return [`Heat maps at ${looks.length} ${looks.length === 1 ? "step" : "steps"}`, ...lines].join("\n");
}

/** Heat at the middles of cells and at the photo's edges, by photo; between them a page draws it linearly. */
function heatOf(
  look: KeptLook,
  { width, height }: Thumbnails,
  { placement = look }: ShowCamOptions,
): { readonly x: number[]; readonly y: number[]; readonly z: number[][][] } {
  return tf.tidy(() => {
    const { heatmaps } = explanationOf(look);
    const { rows, columns } = placement === "resize" ? evenly([...look.shape]) : placement;
    const within = (places: readonly number[] | tf.Tensor1D): number[] => {
      const list = "dataSync" in places ? [...places.dataSync()] : places;
      return [0, ...list.filter((place) => place > 0 && place < 1), 1];
    };
    const at = { rows: within(rows), columns: within(columns) };
    const heat = sampleHeat(heatmaps, { rows, columns }, at).arraySync();
    const z = heat.map((map) => map.map((row) => row.map((value) => Math.round(value * 1000) / 1000)));
    const pixels = (share: number, side: number): number => Number((share * side).toFixed(1));
    return {
      ...{ x: at.columns.map((share) => pixels(share, width)), y: at.rows.map((share) => pixels(share, height)) },
      z,
    }; // prettier-ignore
  });
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

/** Where each photo is, as shares of the figure. */
interface Places {
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
}

function placesOf({ width, height, jpegs }: Thumbnails, wanted: number): Places {
  const columns = Math.min(wanted, jpegs.length);
  const rows = Math.ceil(jpegs.length / columns);
  const side = Math.min(240, 640 / columns);
  return { rows, columns, height: Math.round(rows * ((side * height) / width + CAPTION)) };
}

const axisOf = (letter: "x" | "y", i: number): string => (i === 0 ? letter : `${letter}${i + 1}`);

function layoutOf(
  { width, height, jpegs }: Thumbnails,
  { rows, columns, height: total }: Places,
  latest: KeptLook | undefined,
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
    ...{ text: broken(latest?.captions[i] ?? ""), showarrow: false, font: { size: 11 } },
    ...{ xref: `${axisOf("x", i)} domain`, yref: `${axisOf("y", i)} domain`, x: 0.5, y: 0, yanchor: "top" },
  }));
  return {
    ...Object.fromEntries(axes),
    ...{ images, annotations, height: total + SLIDER, margin: { t: 8, r: 8, b: SLIDER, l: 8 } },
  };
}

/** A caption in lines that fit below a photo. */
function broken(caption: string): string {
  const escaped = caption.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return escaped.replace("explains ", "explains<br>").replace(" (is ", "<br>(is ").replace(": ", ":<br>");
}

function sliderOf(steps: Json[], active: number): Json {
  return { steps, active, currentvalue: { prefix: "step " }, pad: { t: 8 } };
}
