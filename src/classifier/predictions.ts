/** What was predicted of photos, as values and as they are shown. */
import { inspect } from "node:util";
import { bundleOf, displayable, htmlOf, type Displayable, type MimeBundle } from "../display/bundle";
import { escapeHtml } from "../display/html";
import { table, type Table } from "../display/table";
import type { BadImage } from "../input";
import { probabilityText } from "../inspect/caption";
import type { PredictedPhoto, Score } from "./predicted";
import { predictionsPng } from "./still";
import { cssColor, GRID, INK, SERIES, type ThemedColor } from "../inspect/palette";

/** What predict() gives; it shows itself as photos beside bars of their likeliest classes. */
export interface PredictedPhotos extends Displayable {
  /** In the order in which they were given. */
  readonly photos: readonly PredictedPhoto[];
  /** The files that are no photos and why, where several were asked for. */
  readonly bad: readonly BadImage[];
  /** A row for each photo. */
  table(): Table;
  /** The table as text. */
  toString(): string;
}

/** Photos that are shown as such; of more the table tells. */
export const SHOWN = 24;
/** Classes with bars. */
const BARS = 5;
const [BAR = INK] = SERIES;

/**
 * The predictions.
 * @param thumbnails  little JPEGs of the first photos; undefined for one that can't be shown
 */
export function predictedPhotos(
  photos: readonly PredictedPhoto[],
  bad: readonly BadImage[],
  thumbnails: readonly (Uint8Array | undefined)[],
): PredictedPhotos {
  const rows = (): Table => tableOf(photos);
  const toString = (): string => [String(rows()), ...badLines(bad)].join("\n");
  const value = { photos, bad, table: rows, toString, [inspect.custom]: toString };
  return displayable(value, (context): MimeBundle => {
    const cards = photos.slice(0, SHOWN).map((photo, i) => cardOf(photo, thumbnails[i]));
    const gallery = `<div style="display:flex;flex-wrap:wrap;gap:16px">\n${cards.join("\n")}\n</div>`;
    const listed = photos.length > SHOWN ? [htmlOf(bundleOf(rows(), context))] : [];
    const faults = badLines(bad).map(
      (line) => `<div style="overflow-wrap:anywhere;margin-top:8px"><small>${escapeHtml(line)}</small></div>`,
    );
    const png = predictionsPng(photos, thumbnails, BARS);
    return {
      "image/png": png,
      "text/html": [gallery, ...listed, ...faults].join("\n"),
      "text/plain": toString(),
    };
  });
}

function tableOf(photos: readonly PredictedPhoto[]): Table {
  const rows = photos.map(({ photo, classes, scores }) => {
    const others = scores.filter(({ className }) => !classes.includes(className));
    return {
      photo,
      predicted: classes.map((name) => scoreText(scores, name)).join(", ") || "no class",
      next: others[0] === undefined ? "" : scoreText(scores, others[0].className),
    };
  });
  return table(rows, { columns: ["photo", "predicted", "next"] });
}

function scoreText(scores: readonly Score[], name: string): string {
  return `${name} ${probabilityText(scores.find(({ className }) => className === name)?.probability ?? NaN)}`;
}

function badLines(bad: readonly BadImage[]): string[] {
  return bad.map(({ reason }) => reason);
}

function cardOf({ photo, classes, scores }: PredictedPhoto, thumbnail: Uint8Array | undefined): string {
  const predicted = classes.map((name) => scoreText(scores, name)).join(", ") || "no class";
  const alt = escapeHtml(`${photo}: ${predicted}`);
  const source = `data:image/jpeg;base64,${Buffer.from(thumbnail ?? []).toString("base64")}`;
  const image =
    thumbnail === undefined
      ? ""
      : `<img alt="${alt}" style="width:128px;height:128px;object-fit:contain;object-position:top;margin:0" src="${source}">`;
  const shown = scores.slice(0, Math.max(BARS, classes.length));
  const bars = shown.map((score) => barOf(score, classes.includes(score.className))).join("");
  const caption = `<div style="overflow-wrap:anywhere;opacity:0.75">${escapeHtml(photo)}</div>${bars}`;
  return `<figure style="display:flex;gap:10px;width:380px;max-width:100%;margin:0">${image}<figcaption style="flex:1;min-width:0;font-size:12px">${caption}</figcaption></figure>`;
}

function barOf({ className, probability }: Score, isPredicted: boolean): string {
  const weight = isPredicted ? "bold" : "normal";
  const names = `<span style="overflow-wrap:anywhere;min-width:0">${escapeHtml(className)}</span><span>${probabilityText(probability)}</span>`;
  const line = `<div style="display:flex;justify-content:space-between;gap:8px;font-weight:${weight};margin-top:4px">${names}</div>`;
  const width = `width:${(100 * probability).toFixed(1)}%`;
  return `${line}<div style="height:5px;${groundOf(GRID)}"><div style="height:5px;${width};${groundOf(BAR)}"></div></div>`;
}

/** A ground that follows the page. */
function groundOf(color: ThemedColor): string {
  return `background:${color.light};background:${cssColor(color)}`;
}
