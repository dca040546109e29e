import { appendFile, stat, writeFile } from "node:fs/promises";
import { reasonOf } from "../../tensorflow";
import { noting, type Callback, type EpochResult } from "./callback";
import { numbersIn } from "./monitor";

/** Options of csvLog(). */
export interface CsvLogOptions {
  /** Between two columns. @default "," */
  readonly separator?: string;
  /** Whether what the file holds already stays, with its header. @default false */
  readonly append?: boolean;
}

/**
 * Writes a line for each epoch, under a header of the first one's names; a file that is there is replaced. Of a fineTune() that goes
 * on, the epochs before are written anew.
 * @throws {Error} at the first epoch, if the disk refuses
 * @see keras.callbacks.CSVLogger, Keras 3.15.1, whose names of columns are others
 */
export function csvLog(file: string, options: CsvLogOptions = {}): Callback {
  const { separator = ",", append = false } = options;
  const unwritten: EpochResult[] = [];
  let columns: readonly string[] | undefined;
  const { onTrainBegin, note } = noting((epoch) => void unwritten.push(epoch));
  const line = (cells: readonly string[]): string => `${cells.map((cell) => quoted(cell, separator)).join(separator)}\n`; // prettier-ignore
  return {
    ...(!append && { onTrainBegin }), // else the file has them
    onEpochEnd: async (epoch) => {
      note(epoch);
      const names = columns ?? Object.keys(numbersIn(epoch));
      const all = unwritten.map(numbersIn);
      const rows = all.map((numbers) => line(names.map((name) => String(numbers[name] ?? "")))).join("");
      try {
        if (columns !== undefined || (append && (await sizeOf(file)) > 0)) await appendFile(file, rows);
        else await writeFile(file, line(names) + rows);
        columns = names;
        unwritten.length = 0;
      } catch (cause) {
        const got = reasonOf(cause);
        throw new Error(`Cannot write epochs to "${file}": expected a file to write to, got ${got}`, {
          cause,
        });
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
