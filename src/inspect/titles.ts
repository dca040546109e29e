import type { Json } from "../display/bundle";

/** The attributes of which plotly.js reads `text`: in their place it ignores a text, since version 3, and says nothing. */
const titles: ReadonlySet<string> = new Set(["title", "subtitle", "legendgrouptitle", "unifiedhovertitle"]);

/** Attributes that version 3 removed, and where in `title` it reads them. */
const moved: ReadonlyMap<string, string> = new Map([
  ["titlefont", "font"],
  ["titleside", "side"],
  ["titleposition", "position"],
  ["titleoffset", "offset"],
]);

/** The user's own, whatever its keys. */
const data: ReadonlySet<string> = new Set(["meta", "customdata"]);

/**
 * Traces or a layout with all titles as plotly.js reads them: a title that is a text, as versions before 3 took it, becomes
 * `{ text }`; titlefont, titleside, titleposition and titleoffset become a title's `font`, `side`, `position` and `offset`.
 * @see https://github.com/plotly/plotly.js/releases/tag/v3.0.0
 */
export function readTitles<T extends Json>(value: T): T;
export function readTitles(value: Json): Json {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (isList(value)) return value.some((item) => typeof item === "object") ? value.map(readTitles) : value;
  const read: Record<string, Json> = {};
  const details: Record<string, Json> = {};
  for (const [name, item] of Object.entries(value)) {
    const detail = moved.get(name);
    if (detail !== undefined) details[detail] = item;
    else if (titles.has(name) && (typeof item === "string" || typeof item === "number"))
      read[name] = { text: String(item) };
    else read[name] = data.has(name) ? item : readTitles(item);
  }
  const { title } = read;
  if (Object.keys(details).length > 0) read["title"] = isObject(title) ? { ...details, ...title } : details;
  return read;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !isList(value);
}

/**
 * A text as plotly.js shows just this text: in labels, names and titles it takes some HTML for itself, `<b>` of a class's name too.
 * @see https://plotly.com/javascript/reference/layout/annotations/#layout-annotations-items-annotation-text
 */
export function plotlyText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
