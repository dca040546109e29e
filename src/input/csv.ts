/** Files of comma-separated values. */
import { CsvError, parse } from "csv-parse/sync";

/** One line of a table. */
export interface TableLine {
  /** By column. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where it stands, for messages. */
  readonly place: string;
}

/** What may stand between values; the first is taken with which the first line has the columns. */
const DELIMITERS = [",", "\t", ";"];

/**
 * The lines of a CSV file, whose first names the columns.
 * @param title    the file, for messages
 * @param columns  those that are needed
 * @throws {RangeError} if it lacks a column, or a line has more or fewer values
 */
export function readCsv(text: string, title: string, columns: readonly string[]): TableLine[] {
  const headers = DELIMITERS.map((delimiter) => headerOf(text, delimiter));
  const chosen = headers.findIndex((header) => columns.every((column) => header.includes(column)));
  const header = headers[chosen];
  if (header === undefined) {
    const best = headers.reduce((most, one) => (one.length > most.length ? one : most));
    const absent = columns.find((column) => !best.includes(column)) ?? "";
    throw new RangeError(
      `Cannot read labels of ${title}: expected a column "${absent}", got ${best.join(", ") || "an empty file"}`,
    );
  }
  return linesOf(text, title, DELIMITERS[chosen] ?? ",").map(({ values, line }) => {
    const place = `line ${line} of ${title}`;
    if (values.length === header.length)
      return { values: Object.fromEntries(header.map((column, i) => [column, values[i]])), place };
    throw new RangeError(
      `Cannot read labels: expected ${header.length} values in ${place}, got ${values.length}`,
    );
  });
}

interface Line {
  readonly values: readonly string[];
  /** Of the file, from 1 on. */
  readonly line: number;
}

/** The first line's values; none if they are not to be told apart so. */
function headerOf(text: string, delimiter: string): readonly string[] {
  try {
    return parseCsv(text, { delimiter, to: 1 })[0]?.values ?? [];
  } catch (error) {
    if (error instanceof CsvError) return [];
    throw error;
  }
}

/** All lines after the first. */
function linesOf(text: string, title: string, delimiter: string): Line[] {
  try {
    return parseCsv(text, { delimiter, from: 2 });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new RangeError(
      `Cannot read labels of ${title}: expected comma-separated values, got: ${error.message}`,
      { cause: error },
    );
  }
}

function parseCsv(
  text: string,
  part: { readonly delimiter: string; readonly from?: number; readonly to?: number },
): Line[] {
  const lines: Line[] = [];
  parse(text, {
    ...{ ...part, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true },
    on_record: (values: readonly string[], { lines: line }) => void lines.push({ values, line }),
  });
  return lines;
}
