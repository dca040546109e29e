/** Points with photos: HTML and CSS alone, so that they are shown wherever a page is, also where scripts are not run. */
import type { MimeBundle } from "../display/bundle";
import { escapeHtml } from "../display/html";
import { GROUND, SERIES, cssColor, seriesColor } from "../inspect/palette";
import { drawPhotos } from "./canvas";

/** A point. */
export interface ScatterPoint {
  /** −1…1, to the right */
  readonly x: number;
  /** −1…1, upwards */
  readonly y: number;
  readonly caption: string;
  readonly jpeg: Uint8Array | undefined;
}

/** Points of one colour and shape. */
export interface ScatterGroup {
  readonly name: string;
  readonly points: readonly ScatterPoint[];
}

interface ScatterOptions {
  /** Photos there are, of which as many as there are points are drawn. */
  readonly count: number;
  /** Bytes that photos may take, as they stand on the page. */
  readonly maxBytes: number;
}

const SHAPES = [
  "border-radius:50%", // a circle
  "", // a square
  "clip-path:polygon(50% 0,100% 100%,0 100%)", // a triangle
  "clip-path:polygon(50% 0,100% 50%,50% 100%,0 50%)", // a diamond
];
const LEGEND = 24;

/** The bundle of a picture. */
export function scatterBundle(groups: readonly ScatterGroup[], options: ScatterOptions): MimeBundle {
  const drawn = groups.reduce((sum, { points }) => sum + points.length, 0);
  const room = roomFor(groups, options.maxBytes);
  const notes = notesOf(drawn, room.missing, options);
  const counts = groups.map(({ name, points }) => `${name} (${points.length})`);
  return {
    "image/png": pictureOf(groups),
    "text/html": htmlOf(groups, room.shown, notes),
    "text/plain": [`UMAP of ${drawn} photos: ${listed(counts)}`, ...notes].join("\n"),
  };
}

function listed(names: readonly string[]): string {
  const more = names.length - LEGEND;
  return [...names.slice(0, LEGEND), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

function notesOf(drawn: number, missing: number, { count, maxBytes }: ScatterOptions): string[] {
  return [
    ...(drawn < count ? [`${drawn} of ${count.toLocaleString("en-US")} photos, drawn at random.`] : []),
    ...(missing > 0
      ? [`${missing} points are without their photos, which would take more than ${maxBytes / 1e6} MB.`]
      : []),
    "Photos beside each other are alike to the network; how far groups are from each other says little.",
  ];
}

/** The photos for which there is room, taken in turn from each group. */
function roomFor(
  groups: readonly ScatterGroup[],
  maxBytes: number,
): { readonly shown: ReadonlySet<ScatterPoint>; readonly missing: number } {
  const withPhotos = groups.flatMap(({ points }) =>
    points.filter(({ jpeg }) => jpeg !== undefined).map((point, i) => ({ point, part: i / points.length })),
  );
  withPhotos.sort((a, b) => a.part - b.part);
  const shown = new Set<ScatterPoint>();
  let bytes = 0;
  for (const { point } of withPhotos) {
    bytes += Math.ceil((point.jpeg?.length ?? 0) / 3) * 4;
    if (bytes > maxBytes) break;
    shown.add(point);
  }
  return { shown, missing: withPhotos.length - shown.size };
}

/** The rare are drawn last, and are seen. */
function byNumber(groups: readonly ScatterGroup[]): (ScatterGroup & { readonly i: number })[] {
  return groups.map((group, i) => ({ ...group, i })).sort((a, b) => b.points.length - a.points.length);
}

function pictureOf(groups: readonly ScatterGroup[]): string {
  const points = byNumber(groups).flatMap(({ points, i }) =>
    points.map((point) => ({ ...point, color: seriesColor(i) })),
  );
  return Buffer.from(drawPhotos(points)).toString("base64");
}

/** From the ninth class on, colours come with other shapes: 32 look different. */
const shapeIndex = (group: number): number => (group + Math.floor(group / SERIES.length)) % SHAPES.length;
const colorClass = (group: number): string => `slimlab-c${group % SERIES.length}`;

function htmlOf(
  groups: readonly ScatterGroup[],
  shown: ReadonlySet<ScatterPoint>,
  notes: readonly string[],
): string {
  const drawn = byNumber(groups).flatMap(({ points, i }) =>
    points.map((point) => pointHtml(point, i, shown.has(point))),
  );
  const legend = groups.slice(0, LEGEND).map(({ name, points }, i) => {
    return `<span><b class="slimlab-p${shapeIndex(i)} ${colorClass(i)}"></b> ${escapeHtml(name)} ${points.length}</span>`;
  });
  const more = groups.length > LEGEND ? [`<span>${groups.length - LEGEND} more classes</span>`] : [];
  const footer = notes.map((note) => `<div><small>${escapeHtml(note)}</small></div>`).join("");
  return `<style>${STYLE}</style><div class="slimlab-legend">${[...legend, ...more].join("")}</div>
<div class="slimlab-points">${drawn.join("\n")}</div>${footer}`;
}

/** A point, and beside it, towards the middle, what is seen when one points at it. */
function pointHtml({ x, y, caption, jpeg }: ScatterPoint, group: number, isShown: boolean): string {
  const place = `left:${percent(x)};top:${percent(-y)}`;
  const towards = `${x < 0 ? "left" : "right"}:12px;${y > 0 ? "top" : "bottom"}:12px`;
  const image =
    isShown && jpeg !== undefined
      ? `<img loading="lazy" alt="" src="data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}">`
      : "";
  return `<b class="slimlab-p${shapeIndex(group)} ${colorClass(group)}" style="${place}" tabindex="-1"><i style="${towards}">${image}${escapeHtml(caption)}</i></b>`;
}

/** From −1…1 to what stands in the frame, with a margin. */
function percent(place: number): string {
  return `${(50 + place * 48).toFixed(2)}%`;
}

const STYLE = `.slimlab-points{position:relative;width:100%;max-width:560px;aspect-ratio:1;border:1px solid color-mix(in srgb,currentColor 25%,transparent);box-sizing:border-box;margin:4px 0}
.slimlab-points>b{position:absolute;margin:-6px 0 0 -6px;padding:2px;outline:none}
.slimlab-points>b::before,.slimlab-legend b::before{content:"";display:block;width:8px;height:8px;background:currentColor}
${SHAPES.map((css, i) => `b.slimlab-p${i}::before{${css}}`).join("\n")}
${SERIES.map((color, i) => `.slimlab-c${i}::before{color:${color.light};color:${cssColor(color)}}`).join("\n")}
.slimlab-points i{display:none;position:absolute;z-index:2;width:96px;padding:4px;font:12px/1.3 sans-serif;background:${GROUND.light};background:${cssColor(GROUND)};border:1px solid;overflow-wrap:anywhere;pointer-events:none}
.slimlab-points img{display:block;width:96px;height:auto;margin:0 0 2px}
.slimlab-points>b:hover,.slimlab-points>b:focus{z-index:3}
.slimlab-points>b:hover::before,.slimlab-points>b:focus::before{background:currentColor;transform:scale(1.6)}
.slimlab-points>b:hover>i,.slimlab-points>b:focus>i{display:block}
.slimlab-legend{display:flex;flex-wrap:wrap;gap:2px 14px;max-width:560px;font-size:13px}
.slimlab-legend b{display:inline-block}`;
