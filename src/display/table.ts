import { inspect } from "node:util";
import { displayable, type Displayable } from "./bundle";
import { escapeHtml } from "./html";

/** What a cell of a table may hold; undefined leaves it empty. */
export type TableValue = string | number | boolean | undefined;

/** One row of a table, by column. */
export type TableRow = Readonly<Record<string, TableValue>>;

/** Options of table(). */
export interface TableOptions {
  /** The columns, in order. @default the keys of all rows, in order of appearance */
  readonly columns?: readonly string[];
  /** A line above the table. @default none */
  readonly caption?: string;
}

/** Rows that show themselves as a table: HTML in a notebook, aligned text in a terminal. */
export interface Table extends Displayable {
  readonly rows: readonly TableRow[];
  readonly columns: readonly string[];
  /** The table as aligned text. */
  toString(): string;
}

/** Above this many rows the notebook shows the table in a frame of limited height; the frame scrolls where the page is too narrow too. */
const scrollingRows = 25;

/**
 * Rows as a table. Numbers are aligned on the right, with thousands separators, or four significant digits
 * where they are not whole, the same number of them after the point in a column of like numbers; as 2.902e+11 from a million on.
 * @example
 * String(table([{ name: "conv1", parameters: 9408 }]))
 * // name   parameters
 * // conv1       9,408
 */
export function table(rows: readonly TableRow[], options: TableOptions = {}): Table {
  const { columns = [...new Set(rows.flatMap((row) => Object.keys(row)))], caption } = options;
  const toString = (): string => renderText(rows, columns, caption);
  return displayable({ rows, columns, toString, [inspect.custom]: toString }, () => ({
    "text/html": renderHtml(rows, columns, caption),
    "text/plain": toString(),
  }));
}

/** The texts of a table's cells by column. */
function textsOf(rows: readonly TableRow[], columns: readonly string[]): ReadonlyMap<string, string[]> {
  const textOf = (column: string): string[] => {
    const values = rows.map((row) => row[column]);
    const digits = commonDigits(values.filter((value) => typeof value === "number"));
    return values.map((value) => formatValue(value, digits));
  };
  return new Map(columns.map((column) => [column, textOf(column)]));
}

function formatValue(value: TableValue, digits?: number): string {
  if (typeof value !== "number") return value === undefined ? "" : String(value);
  if (digits !== undefined && Number.isFinite(value)) {
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return Math.abs(value) < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(3);
}

/** The digits after the point of a column: those that its greatest number needs for four in all; none in common where two would not be left of the least. */
function commonDigits(values: readonly number[]): number | undefined {
  const sizes = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  if (values.every((value) => Number.isInteger(value)) || sizes.length < 2) return undefined;
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  if (most >= 1e4 || most / least > 100) return undefined;
  const written = sizes.map((size) => formatValue(size).split(".")[1]?.length ?? 0);
  return Math.min(Math.max(...written), Math.max(0, 3 - Math.floor(Math.log10(most))));
}

/** Columns of numbers (and gaps) are aligned on the right. */
function numericColumns(rows: readonly TableRow[], columns: readonly string[]): ReadonlySet<string> {
  const isNumeric = (column: string): boolean => {
    const values = rows.map((row) => row[column]).filter((value) => value !== undefined);
    return values.length > 0 && values.every((value) => typeof value === "number");
  };
  return new Set(columns.filter(isNumeric));
}

function renderText(rows: readonly TableRow[], columns: readonly string[], caption?: string): string {
  const numeric = numericColumns(rows, columns);
  const texts = textsOf(rows, columns);
  const lines = columns.map((column) => {
    const cells = [column, ...(texts.get(column) ?? [])];
    const width = Math.max(...cells.map((cell) => cell.length));
    return cells.map((cell) => (numeric.has(column) ? cell.padStart(width) : cell.padEnd(width)));
  });
  const text = Array.from({ length: rows.length + 1 }, (_, i) =>
    lines
      .map((cells) => cells[i])
      .join("  ")
      .trimEnd(),
  );
  return [...(caption === undefined ? [] : [caption]), ...text].join("\n");
}

/** Such names of variables and paths are wider than a phone's page; they are broken where the page is too narrow, and only there. */
const LONG_WORD = /\S{25}/;
const BREAKING = ";overflow-wrap:anywhere;min-width:11em";

function renderHtml(rows: readonly TableRow[], columns: readonly string[], caption?: string): string {
  const numeric = numericColumns(rows, columns);
  const texts = textsOf(rows, columns);
  const styles = new Map(
    columns.map((column) => {
      const isLong = texts.get(column)?.some((text) => LONG_WORD.test(text)) === true;
      return [column, `text-align:${numeric.has(column) ? "right" : "left"}${isLong ? BREAKING : ""}`];
    }),
  );
  const cell = (tag: "th" | "td", column: string, text: string): string =>
    `<${tag} style="${styles.get(column) ?? ""}">${escapeHtml(text)}</${tag}>`;
  const head = columns.map((column) => cell("th", column, column)).join("");
  const body = rows.map(
    (_, i) =>
      `<tr>${columns.map((column) => cell("td", column, texts.get(column)?.[i] ?? "")).join("")}</tr>`,
  );
  const title =
    caption === undefined
      ? ""
      : `<caption style="text-align:left;overflow-wrap:anywhere">${escapeHtml(caption)}</caption>`;
  const html = `<table>${title}<thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
  return `<div style="${rows.length <= scrollingRows ? "" : "max-height:480px;"}overflow:auto">${html}</div>`;
}
