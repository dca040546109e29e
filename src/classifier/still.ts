/** Predictions as one picture, for where no page is shown. */
import { probabilityText } from "../inspect/caption";
import { GRID, GROUND, INK, MUTED, SERIES } from "../inspect/palette";
import { drawSvg } from "../inspect/still/png";
import { fitted, plainSvgText } from "../inspect/still/read";
import type { PredictedPhoto, Score } from "./predicted";

/** In pixels: of a card, its photo, a bar with its text, and between cards; two cards make the 640 of figures. */
const [CARD, PHOTO, LINE, GAP, SIZE] = [312, 96, 22, 16, 11];
const [BAR = INK] = SERIES;
/** Photos in the picture: it is in each notebook, beside the page that shows more. */
const MOST = 12;

/**
 * The first photos beside bars of their likeliest classes, in two columns.
 * @param bars  how many classes have one
 * @returns     PNG as base64
 */
export function predictionsPng(
  all: readonly PredictedPhoto[],
  thumbnails: readonly (Uint8Array | undefined)[],
  bars: number,
): string {
  const photos = all.slice(0, MOST);
  const columns = Math.min(2, photos.length);
  const lines = Math.max(1, ...photos.map(({ scores }) => Math.min(bars, scores.length)));
  const tall = Math.max(PHOTO, 16 + lines * LINE) + GAP;
  const cards = photos.map((photo, i) => {
    const [x, y] = [(i % columns) * (CARD + GAP), Math.floor(i / columns) * tall];
    return `<g transform="translate(${x} ${y})">${cardOf(photo, thumbnails[i], bars)}</g>`;
  });
  const [width, height] = [columns * (CARD + GAP) - GAP, Math.ceil(photos.length / columns) * tall];
  const ground = `<rect width="${width}" height="${height}" fill="${GROUND.light}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans" font-size="${SIZE}">${ground}${cards.join("")}</svg>`;
  return drawSvg(svg, 1).asPng().toString("base64");
}

function cardOf(
  { photo, classes, scores }: PredictedPhoto,
  jpeg: Uint8Array | undefined,
  bars: number,
): string {
  const left = PHOTO + 10;
  const name = photo.length > 30 ? `…${photo.slice(-29)}` : photo; // a path's end tells most
  const image =
    jpeg === undefined
      ? ""
      : `<image width="${PHOTO}" height="${PHOTO}" preserveAspectRatio="xMidYMin meet" href="data:image/jpeg;base64,${Buffer.from(jpeg).toString("base64")}"/>`;
  const title = `<text x="${left}" y="${SIZE}" fill="${MUTED.light}">${plainSvgText(name)}</text>`;
  const lines = scores
    .slice(0, bars)
    .map((score, i) => barOf(score, classes.includes(score.className), 16 + i * LINE));
  return `${image}${title}<g transform="translate(${left} 0)">${lines.join("")}</g>`;
}

function barOf({ className, probability }: Score, isPredicted: boolean, top: number): string {
  const room = CARD - PHOTO - 10;
  const words = `fill="${INK.light}"${isPredicted ? ' stroke="currentColor" stroke-width="0.3"' : ""}`;
  return [
    `<text y="${top + SIZE}" ${words}>${plainSvgText(fitted(className, SIZE, room - 48))}</text>`,
    `<text x="${room}" y="${top + SIZE}" text-anchor="end" ${words}>${plainSvgText(probabilityText(probability))}</text>`,
    `<rect y="${top + SIZE + 4}" width="${room}" height="4" fill="${GRID.light}"/>`,
    `<rect y="${top + SIZE + 4}" width="${(room * probability).toFixed(1)}" height="4" fill="${BAR.light}"/>`,
  ].join("");
}
