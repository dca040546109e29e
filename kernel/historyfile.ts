import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type DatabaseSyncInstance, type SqliteModule } from "@photostructure/sqlite";

/** A line of a session's history. */
export interface Row {
  readonly session: number;
  readonly line: number;
  readonly raw: string;
  readonly code: string;
  readonly output: string | null;
}

const openTimeoutMs = 2000;
const busyTimeoutMs = 100;
const columns = "session, line, raw, code, output";

/** The SQLite file that all sessions of a user write their lines to. */
export class HistoryFile {
  readonly session: number;
  readonly #database: DatabaseSyncInstance;
  readonly #insert: ReturnType<DatabaseSyncInstance["prepare"]>;

  constructor(path: string) {
    makeFolder(dirname(path));
    closeSync(openSync(path, "a", 0o600));
    chmodSync(path, 0o600);
    const { DatabaseSync } = loadSqlite();
    this.#database = new DatabaseSync(path, { timeout: openTimeoutMs });
    // A journal beside the file, unlike a write-ahead log, works on network drives too. Not waiting for the disk makes
    // an insert take 0.05 ms; what a crash of the machine may cost is this file.
    this.#database.exec(`PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS sessions (session INTEGER PRIMARY KEY AUTOINCREMENT, start TEXT);
      CREATE TABLE IF NOT EXISTS cells (session INTEGER, line INTEGER, raw TEXT, code TEXT, output TEXT,
        PRIMARY KEY (session, line)) WITHOUT ROWID`);
    const start = new Date().toISOString();
    const { lastInsertRowid } = this.#database.prepare("INSERT INTO sessions (start) VALUES (?)").run(start);
    this.session = Number(lastInsertRowid);
    this.#insert = this.#database.prepare("INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?)");
    this.#database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  }

  write({ session, line, raw, code, output }: Row): true {
    this.#insert.run(session, line, raw, code, output);
    return true;
  }

  last(n: number): Row[] {
    if (n <= 0) return [];
    return this.#select("session <> ? ORDER BY session DESC, line DESC LIMIT ?", this.session, n).reverse();
  }

  range(session: number, start: number, stop: number | undefined): Row[] {
    const end = stop === undefined || stop === 0 ? Number.MAX_SAFE_INTEGER : stop;
    return this.#select("session = ? AND line >= ? AND line < ? ORDER BY line", session, start, end);
  }

  search(pattern: string, raw: boolean): Row[] {
    const glob = pattern.replaceAll("[", "[[]"); // SQLite's GLOB knows sets of characters, Jupyter's does not
    return this.#select(`session <> ? AND ${raw ? "raw" : "code"} GLOB ?`, this.session, glob);
  }

  close(): void {
    this.#database.close();
  }

  #select(where: string, ...values: readonly (string | number)[]): Row[] {
    const sql = `SELECT ${columns} FROM cells WHERE ${where}`;
    const rows: unknown[] = this.#database.prepare(sql).all(...values);
    return rows.filter(isRow);
  }
}

/** A platform for which the package has no binary loses the shared history, not the kernel: so it is loaded by hand. */
function loadSqlite(): SqliteModule {
  // eslint-disable-next-line @typescript-eslint/no-require-imports, no-restricted-syntax, @typescript-eslint/no-unsafe-return
  return require("@photostructure/sqlite");
}

/** Unlike mkdir with `recursive`, which Node 20 never ends where nothing can be made (in /proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function isRow(row: unknown): row is Row {
  return typeof row === "object" && row !== null && "raw" in row && typeof row.raw === "string";
}
