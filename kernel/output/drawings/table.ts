import { inspect, types } from "node:util";
import type { MimeBundle } from "../bundle";
import { escapeHtml, note } from "../html";
import { counted, limits } from "./limits";
import { call } from "./member";
import { rowsOf, type Rows } from "./records";
import { tensorOf } from "./tensor";

/** Above this height the notebook shows a table in a frame that scrolls, in pixels. */
const frameHeight = 480;
/** Longer texts than this may stand in several lines of a cell, in characters. */
const lineLength = 50;

/** A cell of a table: what stands in it, and whether it is a number or a text. */
interface Cell {
  readonly text: string;
  readonly kind: "number" | "text" | "nothing" | "other";
}

/** Records, and the tables of packages: a table of the first rows, numbers on the right. */
export function drawTable(value: object): MimeBundle | undefined {
  const rows = rowsOf(value);
  if (rows === undefined) return undefined;
  const columns = rows.columns ?? [...new Set(rows.first.flatMap((row) => Object.keys(row)))];
  const shown = columns.slice(0, limits.columns).map((name) => columnOf(name, rows.first));
  if (rows.keys !== undefined) shown.unshift(column("(key)", rows.keys.map(cellOf)));
  const head = shown.map(({ name, side }) => `<th style="text-align:${side}">${escapeHtml(name)}</th>`);
  const body = rows.first.map((_, i) => `<tr>${shown.map((column) => htmlOf(column, i)).join("")}</tr>`);
  const table = `<table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
  const html = `<div style="max-height:${frameHeight}px;overflow:auto">${table}</div>`;
  const told = omissions(rows, columns.length, shown);
  return { "text/html": told === "" ? html : html + note(told) };
}

interface Column {
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly side: "left" | "right";
}

function columnOf(name: string, rows: readonly object[]): Column {
  return column(
    name,
    rows.map((row) => {
      const property = Object.getOwnPropertyDescriptor(row, name);
      if (property === undefined) return { text: "", kind: "nothing" };
      return "value" in property ? cellOf(property.value) : { text: "[Getter]", kind: "other" };
    }),
  );
}

/** Numbers stand on the right, and gaps between them. */
function column(name: string, cells: readonly Cell[]): Column {
  const isNumeric =
    cells.every(({ kind }) => kind === "number" || kind === "nothing") &&
    cells.some(({ kind }) => kind === "number");
  return { name, cells, side: isNumeric ? "right" : "left" };
}

function cellOf(value: unknown): Cell {
  if (typeof value === "string") return { text: value, kind: "text" };
  if (typeof value === "number") return { text: Object.is(value, -0) ? "-0" : String(value), kind: "number" };
  if (typeof value === "bigint") return { text: String(value), kind: "number" };
  if (value === undefined || value === null) return { text: String(value), kind: "nothing" };
  return { text: lineOf(value), kind: "other" };
}

/** An object in a line: lists and records to one depth, others by their name, or as they write themselves. */
function lineOf(value: unknown): string {
  const isOpen = Array.isArray(value) || types.isTypedArray(value) || isPlain(value);
  const text = isOpen ? undefined : ownText(value);
  if (text !== undefined) return text;
  const depth = isOpen || types.isMap(value) || types.isSet(value) ? 0 : -1;
  const line = inspect(value, { depth, breakLength: Infinity, compact: true, maxArrayLength: 6 });
  return line.replace(/\s+/g, " ");
}

function isPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The text of an object of a package, such as a date or a decimal number; undefined of what Node writes better. */
function ownText(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    const text = types.isDate(value) ? undefined : (tensorOf(value)?.head ?? call(value, "toString"));
    return typeof text === "string" && text !== Object.prototype.toString.call(value) ? text : undefined;
  } catch {
    return undefined; // a text that fails leaves Node's
  }
}

function htmlOf({ cells, side }: Column, row: number): string {
  const { text, kind } = cells[row] ?? { text: "", kind: "nothing" };
  const wrap = text.length > lineLength ? `min-width:${lineLength / 2}em` : "white-space:nowrap";
  const grey = kind === "nothing" ? ";opacity:.5" : "";
  return `<td style="text-align:${side};${wrap}${grey}">${escapeHtml(cut(text))}</td>`;
}

function cut(text: string): string {
  if (text.length <= limits.characters) return text;
  return `${text.slice(0, limits.characters).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** What of the table is not shown, in words. */
function omissions({ count, first }: Rows, columns: number, shown: readonly Column[]): string {
  const isCut = shown.some(({ cells }) => cells.some(({ text }) => text.length > limits.characters));
  return [
    ...(count > first.length ? [`the first ${counted(first.length)} of ${counted(count)} rows`] : []),
    ...(columns > limits.columns ? [`the first ${limits.columns} of ${counted(columns)} columns`] : []),
    ...(isCut ? [`texts to ${limits.characters} characters`] : []),
  ].join(", ");
}
