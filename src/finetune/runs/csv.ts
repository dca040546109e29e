/** The lines that csvLog(), or Keras' CSVLogger, has written. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** An epoch, by the names of the columns. */
export type CsvEpoch = Readonly<Record<string, number>>;

/** The epochs of the first file of a folder that has some; of an epoch written more than once, as by a resumed run, the last stands. */
export function readEpochs(folder: string): readonly CsvEpoch[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".csv"));
  for (const name of names.sort()) {
    const epochs = epochsOf(readFileSync(join(folder, name), "utf8"));
    if (epochs.length > 0) return epochs;
  }
  return [];
}

function epochsOf(text: string): CsvEpoch[] {
  const separator = /^epoch(\W)/.exec(text)?.[1];
  if (separator === undefined) return [];
  const lines = text.split(/\r?\n/).slice(0, text.endsWith("\n") ? -1 : undefined);
  const [header = [], ...rows] = lines.map((line) => cellsOf(line, separator));
  const epochs: CsvEpoch[] = [];
  for (const row of rows) {
    if (row.length !== header.length) continue; // the last one, half written
    const numbers = header.map((column, i) => [column, numberIn(row[i] ?? "")] as const);
    const epoch: CsvEpoch = Object.fromEntries(
      numbers.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const])),
    );
    const { epoch: at } = epoch;
    if (at === undefined) continue; // a header again
    while ((epochs.at(-1)?.["epoch"] ?? -Infinity) >= at) epochs.pop();
    epochs.push(epoch);
  }
  return epochs;
}

function numberIn(cell: string): number | undefined {
  if (/^-?inf(inity)?$/i.test(cell)) return cell.startsWith("-") ? -Infinity : Infinity;
  const value = Number(cell);
  return cell === "" || (Number.isNaN(value) && !/^nan$/i.test(cell)) ? undefined : value;
}

/** @see RFC 4180; a name has no line's end */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  let [cell, isQuoted] = ["", false];
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    if (character === separator && !isQuoted) {
      cells.push(cell);
      cell = "";
    } else cell += character;
  }
  return [...cells, cell].map((one) => (one.startsWith('"') ? one.slice(1, -1).replace(/""/g, '"') : one));
}
