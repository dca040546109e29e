/** Heat in colour, laid over the part of a photo that the network saw. */
import { STOPS } from "./colors.js";
import type { Crop } from "./pixels.js";

/** A heat map, and where on the crop its cells look. */
export interface HeatMap {
  readonly values: Float32Array;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** Pixels of a side of the drawing; a page stretches it. */
const SIDE = 256;

const COLORS = STOPS.map(([, color]) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)));

/** Red, green and blue, 0…255, of heat 0…1; stops are evenly apart. */
export function colorOf(heat: number): readonly [number, number, number] {
  const place = Math.min(1, Math.max(0, heat)) * (COLORS.length - 1);
  const [low, high] = [COLORS[Math.floor(place)] ?? [], COLORS[Math.ceil(place)] ?? []];
  const mixed = (c: number): number => (low[c] ?? 0) + ((high[c] ?? 0) - (low[c] ?? 0)) * (place % 1);
  return [mixed(0), mixed(1), mixed(2)];
}

/** Draws a map where the network saw the photo: between the middles of cells linearly, beyond the last as there. */
export function drawHeat(canvas: HTMLCanvasElement, map: HeatMap, { top, left, height, width }: Crop): void {
  canvas.width = canvas.height = SIDE;
  const percent = (share: number): string => `${100 * share}%`;
  Object.assign(canvas.style, { top: percent(top), left: percent(left), height: percent(height), width: percent(width) }); // prettier-ignore
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("Cannot draw heat: expected a canvas, got none");
  const drawn = context.createImageData(SIDE, SIDE);
  const [y, x] = [between(map.rows), between(map.columns)];
  const cell = (i: number, j: number): number => map.values[i * map.columns.length + j] ?? 0;
  y.forEach((row, i) =>
    x.forEach((column, j) => {
      const upper = mix(cell(row.low, column.low), cell(row.low, column.high), column.part);
      const lower = mix(cell(row.high, column.low), cell(row.high, column.high), column.part);
      drawn.data.set([...colorOf(mix(upper, lower, row.part)), 255], (i * SIDE + j) * 4);
    }),
  );
  context.putImageData(drawn, 0, 0);
}

const mix = (from: number, to: number, part: number): number => from + (to - from) * part;

/** For each pixel's middle the cells about it, and how far from one to the other it is. */
function between(places: readonly number[]): { low: number; high: number; part: number }[] {
  const last = places.length - 1;
  return Array.from({ length: SIDE }, (_, i) => {
    const share = (i + 0.5) / SIDE;
    const above = places.findIndex((place) => place > share);
    const high = above < 0 ? last : above;
    const low = above < 0 ? last : Math.max(0, above - 1);
    const [from, to] = [places[low] ?? 0, places[high] ?? 0];
    return { low, high, part: to > from ? Math.max(0, (share - from) / (to - from)) : 0 };
  });
}
