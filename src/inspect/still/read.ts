/** Reading what a Plotly figure says. */
import type { Json } from "../../display/bundle";
import { escapeHtml } from "../../display/html";

/** Attributes of a figure. */
export type Attributes = Readonly<Record<string, Json>>;

/** The attributes in a value; none if it is no object. */
export function attributesOf(value: Json | undefined): Attributes {
  return isAttributes(value) ? value : {};
}

function isAttributes(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list's values; none if it is no list. */
export function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A finite number, or what to take in its place. */
export function numberOr<T>(value: Json | undefined, other: T): number | T {
  return typeof value === "number" && Number.isFinite(value) ? value : other;
}

/** A text, or what to take in its place. */
export function textOr<T>(value: Json | undefined, other: T): string | T {
  return typeof value === "string" ? value : other;
}

/** A text as plotly.js writes it, in SVG: without the HTML that it knows, its entities read. */
export function svgText(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
    "&nbsp;": " ",
  };
  const plain = text.replace(/<br ?\/?>/gi, " ").replace(/<\/?(b|i|em|strong|sub|sup|span|a)\b[^>]*>/gi, "");
  return plainSvgText(plain.replace(/&(lt|gt|amp|nbsp);/g, (entity) => entities[entity] ?? entity));
}

/** A text as it is, in SVG, which takes no control characters. */
export function plainSvgText(text: string): string {
  return escapeHtml(text).replace(/[\x00-\x08\x0b-\x1f]/g, " ");
}

/** The title's text of a layout or an axis; "" if it has none. */
export function titleOf(attributes: Attributes): string {
  return textOr(attributesOf(attributes["title"])["text"], "");
}

/** About how wide a text is, in pixels: DejaVu Sans has 0.6 em a letter in the mean, Chinese characters have 1. */
export function widthOf(text: string, size: number): number {
  return [...text].reduce((sum, letter) => sum + (letter >= "\u2e80" ? 1 : 0.6) * size, 0);
}

/** A text that is cut where it is wider than there is room. */
export function fitted(text: string, size: number, room: number): string {
  const letters = [...text];
  while (letters.length > 1 && widthOf(`${letters.join("")}…`, size) > room) letters.pop();
  return letters.length === [...text].length || widthOf(text, size) <= room ? text : `${letters.join("")}…`;
}

/** A category's name. */
export function asText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
