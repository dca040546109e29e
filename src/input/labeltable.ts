/** A table that tells the classes of photos: a CSV file, or rows. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { codeOf } from "./errorcode";
import { readCsv, type TableLine } from "./csv";
import { type LabelFolder, readLabelFolder } from "./labelfolder";
import { splitOf } from "./splitfolders";

/** Options of a table that tells the classes of photos. */
export interface LabelTableOptions {
  /**
   * A CSV file, or the rows of a table as objects, which tell the photos and their classes in place of folders. The file's first line names
   * the columns, between commas, tabs or semicolons; RFC 4180's quotes, in UTF-8. Photos may lie in folders of any depth; files of the folder
   * that the table doesn't name are left out, and told.
   * @default none
   */
  readonly csv?: string | Iterable<object>;
  /** The column of the photos' paths in the folder. @default "path" */
  readonly pathColumn?: string;
  /**
   * The column of the class; or several columns, one for each class of a photo that may have several, with 1 or true where it has that class
   * and 0, false or nothing where not.
   * @default "label"
   */
  readonly labelColumn?: string | readonly string[];
  /** What stands between the classes of one cell, e.g. "|" or " ", where a photo may have several or none. @default none: the cell is one class */
  readonly labelSeparator?: string;
  /** The column of the splits; val, valid, dev or eval are validation, training is train, testing is test. @default the photos are split by `split` */
  readonly splitColumn?: string;
}

/** Photos of a folder by a table. */
export interface LabelTable extends LabelFolder {
  /** The split of a file, if the table tells it. */
  readonly splitOf: ((file: string) => string) | undefined;
  /** What the table is, for messages. */
  readonly title: string;
}

/** What a table says of one photo. */
interface Row {
  readonly labels: readonly string[];
  readonly split: string | undefined;
  /** Where it stands, for messages: line 7 of "labels.csv". */
  readonly place: string;
}

/**
 * The photos of a folder whose classes a table tells.
 * @throws {RangeError} naming the line, if a photo is not in the folder or there twice, a class or a split is missing, or the table lacks a column
 */
export async function readLabelTable(
  folder: string,
  table: LabelTableOptions & { readonly csv: string | Iterable<object> },
  options: { readonly labels?: readonly string[]; readonly except?: string } = {},
): Promise<LabelTable> {
  const { csv, labelColumn, splitColumn } = table;
  const title = typeof csv === "string" ? `"${csv}"` : "the table";
  const rows = rowsOf(folder, table, title);
  const labels = options.labels ?? (typeof labelColumn === "object" ? labelColumn : undefined);
  const classes = { ...options, ...(labels === undefined ? {} : { labels }) };
  const found = await readLabelFolder(folder, (file) => rows.get(file)?.labels, classes);
  expectFiles(folder, rows, new Set(found.files.map(({ name }) => name)));
  const own = typeof csv === "string" ? path.relative(folder, csv) : "";
  return {
    ...found,
    unlabeled: found.unlabeled.filter((file) => path.normalize(file) !== own),
    splitOf: splitColumn === undefined ? undefined : (file) => rows.get(file)?.split ?? "",
    title,
  };
}

function expectFiles(folder: string, rows: ReadonlyMap<string, Row>, found: ReadonlySet<string>): void {
  const missing = [...rows].filter(([name]) => !found.has(name));
  const [first] = missing;
  if (first === undefined) return;
  const more = missing.length > 1 ? `, and ${missing.length - 1} more are not there` : "";
  throw new RangeError(
    `Cannot read photos of "${folder}": expected "${first[0]}" of ${first[1].place}, got no such file${more}`,
  );
}

/** What a table says, by the photos' names in the folder. */
function rowsOf(
  folder: string,
  table: LabelTableOptions & { readonly csv: string | Iterable<object> },
  title: string,
): Map<string, Row> {
  const { csv, pathColumn = "path", labelColumn = "label", splitColumn } = table;
  const columns = [pathColumn, ...[labelColumn].flat(), ...(splitColumn === undefined ? [] : [splitColumn])];
  const lines = typeof csv === "string" ? readCsv(contentsOf(csv), title, columns) : linesOf(csv, columns);
  const rows = new Map<string, Row>();
  for (const { values, place } of lines) {
    const file = textOf(values[pathColumn]);
    const name = nameIn(folder, file);
    if (file === "" || name.startsWith("..") || path.isAbsolute(name)) throw wrong(`a path in "${folder}"`, pathColumn, file, place); // prettier-ignore
    const other = rows.get(name);
    if (other !== undefined)
      throw new RangeError(`Cannot read labels: expected each photo once, got "${name}" in ${other.place} and in ${place}`); // prettier-ignore
    rows.set(name, {
      labels: labelsIn(values, table, place),
      split: splitIn(values, splitColumn, place),
      place,
    });
  }
  if (rows.size > 0) return rows;
  throw new RangeError(`Cannot read labels of ${title}: expected a row for each photo, got none`);
}

function contentsOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new RangeError(`Cannot read labels of "${file}": expected a CSV file, got ${codeOf(cause)}`, {
      cause,
    });
  }
}

function* linesOf(rows: Iterable<object>, columns: readonly string[]): Generator<TableLine> {
  let number = 0;
  for (const row of rows) {
    const place = `row ${number++} of the table`;
    const absent = columns.find((column) => !(column in row));
    if (absent !== undefined)
      throw new RangeError(
        `Cannot read labels: expected "${absent}" in ${place}, got ${Object.keys(row).join(", ")}`,
      );
    yield { values: Object.fromEntries(columns.map((column) => [column, Reflect.get(row, column)])), place };
  }
}

function nameIn(folder: string, file: string): string {
  const place = path.resolve(folder, file.replaceAll("\\", "/"));
  return path.relative(folder, place).split(path.sep).join("/");
}

function labelsIn(values: TableLine["values"], { labelColumn = "label", labelSeparator }: LabelTableOptions, place: string): readonly string[] {
  if (typeof labelColumn !== "string") return labelColumn.filter((column) => isMarked(values[column], column, place));
  const value = values[labelColumn];
  if (Array.isArray(value)) return value.map(textOf);
  const text = textOf(value);
  if (labelSeparator !== undefined) return text.split(labelSeparator).map((label) => label.trim()).filter((label) => label !== "");
  if (text === "") throw wrong("a class", labelColumn, text, place);
  return [text];
} // prettier-ignore

const YES = new Set(["1", "1.0", "true"]);
const NO = new Set(["", "0", "0.0", "false"]);

function isMarked(value: unknown, column: string, place: string): boolean {
  const text = textOf(value).toLowerCase();
  if (!YES.has(text) && !NO.has(text)) throw wrong("0 or 1", column, text, place);
  return YES.has(text);
}

function splitIn(values: TableLine["values"], column: string | undefined, place: string): string | undefined {
  if (column === undefined) return undefined;
  const split = textOf(values[column]);
  if (split === "") throw wrong("a split", column, split, place);
  return splitOf(split) ?? split;
}

/** A cell's text; "" where there is nothing. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"
    ? String(value)
    : "";
}

function wrong(expected: string, column: string, got: string, place: string): RangeError {
  return new RangeError(
    `Cannot read labels: expected ${expected} in column "${column}" of ${place}, got "${got}"`,
  );
}
