/** The photo on the page, and the heat over it. */
import type { Source } from "./blocks.js";
import { element } from "./elements.js";
import { colorOf, drawHeat, type HeatMap } from "./heat.js";
import type { Crop } from "./pixels.js";

/** Pixels of the longer side of what is shown, at most. */
const SHOWN = 1120;

const photo = element("photo", HTMLCanvasElement);
const heat = element("heat", HTMLCanvasElement);
const tools = element("heatTools", HTMLDivElement);
const showHeat = element("showHeat", HTMLInputElement);
const opacity = element("opacity", HTMLInputElement);
const heatText = element("heatText", HTMLParagraphElement);

let hasHeat = false;

/** Draws a photo in place of what was there; its heat comes later. */
export function showPhoto({ image, width, height }: Source, name: string): void {
  const scale = Math.min(1, SHOWN / Math.max(width, height));
  photo.width = Math.max(1, Math.round(width * scale));
  photo.height = Math.max(1, Math.round(height * scale));
  const context = photo.getContext("2d");
  if (context === null) throw new Error("Cannot show the photo: expected a canvas, got none");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, photo.width, photo.height);
  photo.setAttribute("aria-label", name);
  element("empty", HTMLDivElement).hidden = true;
  element("frame", HTMLDivElement).hidden = false;
  element("chooseText", HTMLSpanElement).textContent = "Choose another";
}

/** No heat belongs to what is shown. */
export function hideHeat(): void {
  hasHeat = false;
  heat.hidden = tools.hidden = true;
}

/** Lays a map over what is shown. @param of  the class's name */
export function showHeatMap(map: HeatMap, crop: Crop, of: string): void {
  hasHeat = true;
  drawHeat(heat, map, crop);
  heatText.textContent = map.values.some((value) => value > 0)
    ? `What speaks for ${of} here; ${peakOf(map, crop)}.`
    : `Nothing here speaks for ${of}.`;
  tools.hidden = false;
  draw();
}

/** Whether a person wishes heat. */
export const wantsHeat = (): boolean => showHeat.checked;

/** Heat is wished: of a class that a person has clicked. */
export function wishHeat(): void {
  showHeat.checked = true;
}

/** Calls back when a person wishes heat again. */
export function onHeatWish(wished: () => void): void {
  showHeat.addEventListener("change", () => {
    draw();
    if (showHeat.checked) wished();
  });
}

function draw(): void {
  heat.hidden = !hasHeat || !showHeat.checked;
  heat.style.opacity = opacity.value;
  opacity.setAttribute("aria-valuetext", `${Math.round(100 * Number(opacity.value))} %`);
}

function peakOf({ values, rows, columns }: HeatMap, { top, left, height, width }: Crop): string {
  const at = values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity));
  const across = left + (columns[at % columns.length] ?? 0) * width;
  const down = top + (rows[Math.floor(at / columns.length)] ?? 0) * height;
  return `heat is greatest at ${Math.round(100 * across)}\u00a0% from the left, ${Math.round(100 * down)}\u00a0% from the top`;
}

function drawLegend(): void {
  const legend = element("legend", HTMLCanvasElement);
  const context = legend.getContext("2d");
  const { width } = legend;
  const drawn = context?.createImageData(width, 1);
  if (!context || !drawn) return;
  for (let i = 0; i < width; i++) drawn.data.set([...colorOf(i / (width - 1)), 255], i * 4);
  context.putImageData(drawn, 0, 0);
}

opacity.addEventListener("input", draw);
drawLegend();
