import { appendFile, stat, writeFile } from "node:fs/promises";
import { reasonOf } from "../../tensorflow";
import type { Callback } from "./callback";
import { numbersIn } from "./monitor";

/** Options of csvLog(). */
export interface CsvLogOptions {
  /** Between two columns. @default "," */
  readonly separator?: string;
  /** Whether what the file holds already stays, with its header. @default false */
  readonly append?: boolean;
}

/**
 * Writes a line for each epoch, under a header of the first one's names; a file that is there is replaced.
 * @throws {Error} at the first epoch, if the disk refuses
 * @see keras.callbacks.CSVLogger, Keras 3.15.1, whose names of columns are others
 */
export function csvLog(file: string, options: CsvLogOptions = {}): Callback {
  const { separator = ",", append = false } = options;
  let columns: readonly string[] | undefined;
  return {
    onEpochEnd: async (epoch) => {
      const numbers = numbersIn(epoch);
      const isFirst = columns === undefined;
      columns ??= Object.keys(numbers);
      const line = (cells: readonly string[]): string => `${cells.map((cell) => quoted(cell, separator)).join(separator)}\n`; // prettier-ignore
      const row = line(columns.map((column) => String(numbers[column] ?? "")));
      try {
        if (!isFirst) return await appendFile(file, row);
        const isNew = !append || (await sizeOf(file)) === 0;
        if (isNew) await writeFile(file, line(columns) + row);
        else await appendFile(file, row);
      } catch (cause) {
        throw new Error(
          `Cannot write epochs to "${file}": expected a file to write to, got ${reasonOf(cause)}`,
          {
            cause,
          },
        );
      }
    },
  };
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => ({ size: 0 }))).size;
}

/** A cell as CSV has it. @see RFC 4180 */
function quoted(cell: string, separator: string): string {
  return cell.includes(separator) || /["\r\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell;
}
