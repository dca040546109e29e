import { SourceMap, type SourceMapPayload } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Debugger } from "node:inspector/promises";
import { cellPath, cellPaths } from "./path";

/** A source that the user wrote and the line of it that each generated line stands for. */
export interface LineTable {
  readonly source: string;
  /** `lines[i]` is the source's line (from 1) of script line i + 1, 0 for none. */
  readonly lines: readonly number[];
}

/** A script that V8 has compiled and that the user can see. */
export interface Script {
  readonly id: string;
  readonly path: string;
  /** Absent if the script is its own source. */
  table: LineTable | undefined;
}

/** How many runs of the same cell are remembered: functions of older ones are no longer stopped in. */
const runsKept = 50;
/** How many sources are remembered. */
const tablesKept = 2000;

const ownCode = resolve(__dirname, "../..");

/** What V8 should never stop in: Node, packages, and this package itself. */
export const hiddenPatterns: readonly string[] = [
  "^node:",
  "[\\\\/]node_modules[\\\\/]",
  `^(file://)?${ownCode.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}[\\\\/]`,
  "^evalmachine\\.",
  "[\\\\/]__cell__\\.js$", // through which cells import
  "^$",
];
const hidden = new RegExp(hiddenPatterns.join("|"));

/** The scripts that the user can see, and how their lines map to those that V8 runs. */
export class Scripts {
  readonly #tables = new Map<string, LineTable>();
  readonly #scripts = new Map<string, Script>();
  readonly #paths = new Map<string, Script[]>();
  readonly #waiting = new Map<string, () => void>();

  /** Notes the lines of a script that is about to run. */
  add(path: string, table: LineTable): void {
    this.#tables.delete(path); // the newest is last
    this.#tables.set(path, table);
    for (const oldest of this.#tables.keys()) {
      if (this.#tables.size <= tablesKept) break;
      this.#tables.delete(oldest);
    }
    if (table.lines.length > 0) this.#waiting.get(path)?.();
  }

  /** Notes a cell's text, which may never have run, and gives its path. */
  dump(code: string): string {
    const path = cellPath(code);
    if (!this.#tables.has(path)) this.add(path, { source: code, lines: [] });
    return path;
  }

  /** Notes a script that V8 has compiled; undefined if it is not for the user to see. */
  parsed({ scriptId, url, sourceMapURL }: Debugger.ScriptParsedEventDataType): Script | undefined {
    if (url === "" || (hidden.test(url) && !this.#tables.has(toPath(url)))) return undefined;
    const path = toPath(url);
    const known = this.#tables.get(path);
    const table = known !== undefined && known.lines.length > 0 ? known : decodeMap(sourceMapURL);
    const script: Script = { id: scriptId, path, table };
    this.#scripts.set(scriptId, script);
    const runs = [...(this.#paths.get(path) ?? []), script];
    for (const old of runs.splice(0, Math.max(0, runs.length - runsKept))) this.#scripts.delete(old.id);
    this.#paths.set(path, runs);
    return script;
  }

  find(scriptId: string): Script | undefined {
    return this.#scripts.get(scriptId);
  }

  /** The runs of the source at a path, oldest first. */
  of(path: string): readonly Script[] {
    return this.#paths.get(path) ?? [];
  }

  /** The paths of all that can be seen and is not a cell. */
  get modules(): readonly string[] {
    return [...this.#paths.keys()].filter((path) => !isCell(path));
  }

  source(path: string): string | undefined {
    return this.#tables.get(path)?.source;
  }

  table(path: string): LineTable | undefined {
    return this.#tables.get(path);
  }

  /** A script with the lines of this run: they may reach this thread a little after V8's word of the script. */
  async settle(scriptId: string, patience = 2000): Promise<Script | undefined> {
    const script = this.#scripts.get(scriptId);
    if (script === undefined || script.table !== undefined || !isCell(script.path)) return script;
    const come = () => (this.#tables.get(script.path)?.lines.length ?? 0) > 0;
    if (!come()) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, patience);
        this.#waiting.set(script.path, () => (clearTimeout(timer), done()));
      });
      this.#waiting.delete(script.path);
    }
    if (come()) script.table = this.#tables.get(script.path);
    return script;
  }

  /** Forgets the scripts, as V8 names them all again to the next debugger; their sources are kept. */
  clear(): void {
    this.#scripts.clear();
    this.#paths.clear();
  }
}

/** Whether a path names a cell. */
export function isCell(path: string): boolean {
  return path.startsWith(cellPaths.tmpFilePrefix);
}

/** The source's line (from 1) of a script's line (from 0); 0 if the user did not write it. */
export function sourceLine(script: Script, generated: number): number {
  return script.table === undefined ? generated + 1 : (script.table.lines[generated] ?? 0);
}

function toPath(url: string): string {
  if (!url.startsWith("file://")) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

const inlineMap = /^data:application\/json[^,]*;base64,/;

/** The lines of a script that carries its source map with it, as compiled modules do. */
function decodeMap(url: string | undefined): LineTable | undefined {
  if (url === undefined || !inlineMap.test(url)) return undefined;
  try {
    const text = Buffer.from(url.replace(inlineMap, ""), "base64").toString("utf8");
    const payload: unknown = JSON.parse(text);
    if (!isPayload(payload)) return undefined;
    const map = new SourceMap(payload);
    const count = map.payload.mappings.split(";").length;
    const lines = Array.from({ length: count }, (_, line) => {
      const entry = map.findEntry(line, 1000);
      return "originalLine" in entry && entry.generatedLine === line ? entry.originalLine + 1 : 0;
    });
    return { source: map.payload.sourcesContent[0] ?? "", lines };
  } catch {
    return undefined;
  }
}

function isPayload(value: unknown): value is SourceMapPayload {
  return (
    typeof value === "object" && value !== null && "mappings" in value && typeof value.mappings === "string"
  );
}
