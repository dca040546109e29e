import { homedir } from "node:os";
import { join } from "node:path";
import { HistoryFile, type Row } from "./historyfile";

/** An entry as Jupyter's history_reply has it: session, line, input; or input and output. */
export type HistoryEntry = readonly [number, number, string | readonly [string, string | null]];

/** Which text of a line is meant. */
export interface HistoryOptions {
  /** Give inputs as they were typed, not as TypeScript saw them. @default true */
  readonly raw?: boolean;
  /** Give [input, output] in place of the input; null where a line had no output. @default false */
  readonly output?: boolean;
}

/** How many entries are wanted of a search. */
export interface SearchOptions extends HistoryOptions {
  /** The most entries to give, the latest ones. @default all */
  readonly n?: number;
  /** Give each input once, where it was used last. @default false */
  readonly unique?: boolean;
}

/** Where histories are kept, and who is told if they can't be. */
export interface OpenHistoryOptions {
  /** The process's environment: SLIMLAB_HISTORY is a path or "off", XDG_DATA_HOME the place of data. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Is told, at most once, that the history is in memory only, and why. @default writes to stderr */
  readonly warn?: (text: string) => void;
}

/** What one session typed, over that of all sessions of this user. */
export interface History {
  /** This session's number: 1 more than that of the session that started before it. */
  readonly session: number;
  /**
   * Notes a cell, or its output once it is there (same line again).
   * @param line   its execution count, from 1
   * @param cell   the cell as it was typed
   * @param code   the cell as TypeScript saw it, without magics
   * @param output what it resulted in, as text; of a long one the first 10,000 characters are kept
   */
  add(line: number, cell: string, code: string, output?: string): void;
  /** The last n entries, those of this session last. */
  tail(n: number, options?: SearchOptions): HistoryEntry[];
  /**
   * The entries of a session from line start up to, but without, line stop.
   * @param session 0 is this one, -1 the one before; a positive number is the number of one
   */
  range(session: number, start: number, stop: number | undefined, options?: HistoryOptions): HistoryEntry[];
  /** The entries whose whole input fits a pattern, in which * stands for any text and ? for any character. */
  search(pattern: string, options?: SearchOptions): HistoryEntry[];
  close(): void;
}

/** SQLITE_BUSY: another kernel writes just now. */
const busy = 5;
const longestOutput = 10_000;

/**
 * Opens the history that all sessions of a user share.
 *
 * It lies in SLIMLAB_HISTORY or else in the user's data, readable for the user only. Without a file (SLIMLAB_HISTORY=off,
 * a disk that is read-only, a file that is not SQLite's) the history is this session's, in memory: nothing stops for it.
 */
export function openHistory(options: OpenHistoryOptions = {}): History {
  const { environment = process.env, warn = (text: string) => process.stderr.write(`${text}\n`) } = options;
  const path = historyPath(environment);
  let file: HistoryFile | undefined;
  const lose = (error: unknown): void => {
    file = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    warn(
      `The history is kept in memory only: expected an SQLite file that can be written at "${path}", got: ${reason}`,
    );
  };
  try {
    if (path !== "off") file = new HistoryFile(path);
  } catch (error) {
    lose(error);
  }
  return new SharedHistory(file, lose);
}

/** Where the history lies, or "off". */
export function historyPath(environment: Readonly<Record<string, string | undefined>>): string {
  const { SLIMLAB_HISTORY: chosen, XDG_DATA_HOME: data } = environment;
  if (chosen !== undefined && chosen !== "") return chosen;
  const home = environment.HOME ?? homedir();
  if (process.platform === "darwin")
    return join(home, "Library", "Application Support", "slimlab", "history.sqlite");
  return join(
    data === undefined || data === "" ? join(home, ".local", "share") : data,
    "slimlab",
    "history.sqlite",
  );
}

/** This session's lines in memory, those of the others in the file. */
class SharedHistory implements History {
  readonly session: number;
  readonly #rows = new Map<number, Row>();
  /** Lines that the file does not have yet because another kernel was writing. */
  readonly #pending = new Map<number, Row>();
  readonly #lose: (error: unknown) => void;
  #file: HistoryFile | undefined;

  constructor(file: HistoryFile | undefined, lose: (error: unknown) => void) {
    this.#file = file;
    this.#lose = lose;
    this.session = file?.session ?? 1;
  }

  add(line: number, cell: string, code: string, output?: string): void {
    const row = {
      session: this.session,
      line,
      raw: cell,
      code,
      output: output?.slice(0, longestOutput) ?? null,
    };
    this.#rows.set(line, row);
    if (this.#file === undefined) return;
    this.#pending.set(line, row);
    this.#flush();
  }

  tail(n: number, options: SearchOptions = {}): HistoryEntry[] {
    const own = lastOf([...this.#rows.values()], n);
    const others = this.#read((file) => file.last(n - own.length));
    return toEntries(options.unique === true ? latest([...others, ...own]) : [...others, ...own], options);
  }

  range(
    session: number,
    start: number,
    stop: number | undefined,
    options: HistoryOptions = {},
  ): HistoryEntry[] {
    const number = session <= 0 ? session + this.session : session;
    if (number !== this.session)
      return toEntries(
        this.#read((file) => file.range(number, start, stop)),
        options,
      );
    const count = 1 + Math.max(0, ...this.#rows.keys()); // line 0 is an empty one, as in IPython
    const first = Math.max(0, start < 0 ? start + count : start);
    const end = stop === undefined || stop === 0 || stop > count ? count : stop < 0 ? stop + count : stop;
    const rows = [{ session: 0, line: 0, raw: "", code: "", output: null }, ...this.#rows.values()];
    const inside = rows.filter(({ line }) => line >= first && line < end);
    return toEntries(
      inside.map((row) => ({ ...row, session: Math.max(0, session) })), // as it was asked for
      options,
    );
  }

  search(pattern: string, options: SearchOptions = {}): HistoryEntry[] {
    const { n, raw = true, unique = false } = options;
    const matcher = globMatcher(pattern);
    const own = [...this.#rows.values()].filter((row) => matcher.test(raw ? row.raw : row.code));
    const others = this.#read((file) => file.search(pattern, raw));
    const found = [...others, ...own].sort((a, b) => a.session - b.session || a.line - b.line);
    const rows = unique ? latest(found, raw) : found;
    return toEntries(n === undefined ? rows : lastOf(rows, n), options);
  }

  close(): void {
    this.#flush();
    this.#file?.close();
    this.#file = undefined;
  }

  /** What the file knows of other sessions; nothing if there is none or another kernel holds it. */
  #read(query: (file: HistoryFile) => Row[]): Row[] {
    this.#flush();
    return this.#attempt(query) ?? [];
  }

  #flush(): void {
    for (const row of this.#pending.values()) {
      if (this.#attempt((file) => file.write(row)) === undefined) return;
      this.#pending.delete(row.line);
    }
  }

  #attempt<T>(use: (file: HistoryFile) => T): T | undefined {
    if (this.#file === undefined) return undefined;
    try {
      return use(this.#file);
    } catch (error) {
      if (error instanceof Error && "errcode" in error && error.errcode === busy) return undefined;
      this.#file = undefined;
      this.#pending.clear();
      this.#lose(error);
      return undefined;
    }
  }
}

function lastOf<T>(rows: readonly T[], n: number): T[] {
  return rows.slice(Math.max(0, rows.length - n));
}

/** Of rows with the same input, the last. */
function latest(rows: readonly Row[], raw = true): Row[] {
  const byInput = new Map<string, Row>();
  for (const row of rows) {
    const input = raw ? row.raw : row.code;
    byInput.delete(input); // so that it moves to the end
    byInput.set(input, row);
  }
  return [...byInput.values()];
}

function globMatcher(pattern: string): RegExp {
  const source = pattern.replace(/[\\^$.*+?()[\]{}|]/g, (letter) =>
    letter === "*" ? ".*" : letter === "?" ? "." : `\\${letter}`,
  );
  return new RegExp(`^${source}$`, "su");
}

function toEntries(rows: readonly Row[], { raw = true, output = false }: HistoryOptions): HistoryEntry[] {
  return rows.map((row) => {
    const input = raw ? row.raw : row.code;
    return [row.session, row.line, output ? [input, row.output] : input];
  });
}
