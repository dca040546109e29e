import { type Debugger, type Session } from "node:inspector/promises";
import { Script as VmScript } from "node:vm";
import { type Json } from "../protocol";
import { type Breakpoint, type SourceBreakpoint } from "./dap";
import { type LineTable, sourceLine, type Script, type Scripts } from "./scripts";

/** A breakpoint that a client wants, and where it is in V8's scripts. */
interface Placed {
  readonly id: number;
  readonly path: string;
  readonly wanted: SourceBreakpoint;
  line: number;
  message: string | undefined;
  hits: number;
  /** V8's names of it, one for each run of the source. */
  readonly bound: Set<string>;
}

/** How a breakpoint's condition is judged where V8 cannot: it gives the value's truth in the innermost frame. */
export type Judge = (condition: string) => Promise<boolean>;

/** A place where V8 can stop, with the line of the source it belongs to. */
interface Place {
  readonly at: Debugger.Location;
  readonly line: number;
  readonly isReturn: boolean;
}

/** The breakpoints of all sources; they last until a client sets others, however often a source runs. */
export class Breakpoints {
  readonly #session: Session;
  readonly #scripts: Scripts;
  readonly #changed: (breakpoint: Breakpoint) => void;
  readonly #placed = new Map<string, readonly Placed[]>();
  readonly #byName = new Map<string, Placed>();
  #ids = 0;
  /** V8's name of the breakpoint that is to stop once. */
  #start: string | undefined;

  /** @param changed  told when a breakpoint moves to the line where it can stop */
  constructor(session: Session, scripts: Scripts, changed: (breakpoint: Breakpoint) => void) {
    this.#session = session;
    this.#scripts = scripts;
    this.#changed = changed;
  }

  /** Replaces the breakpoints of a source, which need not have run yet. */
  async set(path: string, wanted: readonly SourceBreakpoint[]): Promise<readonly Breakpoint[]> {
    await this.#remove(path);
    const placed: Placed[] = [];
    for (const one of wanted) {
      const line = guessLine(one.line, this.#scripts.table(path));
      const message = one.condition === undefined ? undefined : checkSyntax(one.condition);
      placed.push({ id: ++this.#ids, path, wanted: one, line, message, hits: 0, bound: new Set() });
    }
    if (placed.length > 0) this.#placed.set(path, placed);
    for (const script of this.#scripts.of(path)) await this.bind(script);
    return placed.map(describe);
  }

  /** Puts a source's breakpoints into one run of it. */
  async bind(script: Script): Promise<void> {
    const placed = this.#placed.get(script.path) ?? [];
    if (placed.length === 0) return;
    const places = await this.#places(script);
    const taken = new Map<Place, string>();
    for (const one of placed) {
      const place = choose(places, one.wanted.line);
      if (place === undefined || one.message !== undefined) continue;
      const name = taken.get(place) ?? (await this.#place(one, place.at));
      if (name === undefined) continue;
      taken.set(place, name);
      one.bound.add(name);
      this.#byName.set(name, one);
      if (one.line === place.line) continue;
      one.line = place.line;
      this.#changed(describe(one));
    }
  }

  /** Has V8 stop once where a script's own code begins. */
  async stopAtStart(script: Script): Promise<void> {
    const places = [...(await this.#places(script))].sort((a, b) => a.at.lineNumber - b.at.lineNumber);
    const location = places.find(({ isReturn }) => !isReturn)?.at;
    if (location === undefined) return;
    try {
      this.#start = (await this.#session.post("Debugger.setBreakpoint", { location })).breakpointId;
    } catch {
      // a client's breakpoint is there
    }
  }

  /** Which of the breakpoints that V8 stopped at are to stop the cell. */
  async hit(names: readonly string[], judge: Judge): Promise<readonly number[]> {
    const stopping: number[] = [];
    if (this.#start !== undefined && names.includes(this.#start)) {
      await this.#session.post("Debugger.removeBreakpoint", { breakpointId: this.#start });
      this.#start = undefined;
    }
    for (const name of names) {
      const one = this.#byName.get(name);
      if (one === undefined) continue;
      const { condition, hitCondition } = one.wanted;
      if (condition !== undefined && !(await judge(condition))) continue;
      one.hits += 1;
      if (hitCondition === undefined || countHolds(hitCondition, one.hits)) stopping.push(one.id);
    }
    return stopping;
  }

  /** As `debugInfo` lists them. */
  get listed(): readonly Json[] {
    return [...this.#placed].map(([source, placed]) => ({
      source,
      breakpoints: placed.map(({ line, wanted: { condition } }) =>
        condition === undefined ? { line } : { line, condition },
      ),
    }));
  }

  /** Forgets all, as when V8's debugger is switched off. */
  clear(): void {
    this.#placed.clear();
    this.#byName.clear();
  }

  async #remove(path: string): Promise<void> {
    const names = new Set((this.#placed.get(path) ?? []).flatMap(({ bound }) => [...bound]));
    this.#placed.delete(path);
    for (const breakpointId of names) {
      this.#byName.delete(breakpointId);
      await this.#session.post("Debugger.removeBreakpoint", { breakpointId });
    }
  }

  async #place(one: Placed, location: Debugger.Location): Promise<string | undefined> {
    const condition = toCondition(one.wanted);
    const params = condition === undefined ? { location } : { location, condition };
    try {
      return (await this.#session.post("Debugger.setBreakpoint", params)).breakpointId;
    } catch {
      return undefined; // the script has gone meanwhile
    }
  }

  /** Where V8 can stop in a script, in the order of the user's lines. */
  async #places(script: Script): Promise<readonly Place[]> {
    const start = { scriptId: script.id, lineNumber: 0, columnNumber: 0 };
    try {
      const { locations } = await this.#session.post("Debugger.getPossibleBreakpoints", { start });
      return locations
        .map((at) => ({ at, line: sourceLine(script, at.lineNumber), isReturn: at.type === "return" }))
        .filter(({ line }) => line > 0)
        .sort((a, b) => a.line - b.line || Number(a.isReturn) - Number(b.isReturn));
    } catch {
      return [];
    }
  }
}

/** Why a condition cannot be judged; undefined if it can. */
function checkSyntax(condition: string): string | undefined {
  try {
    new VmScript(`(${condition})`);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** The first place at or after a line; a line's own order is that of the program. */
function choose(places: readonly Place[], line: number): Place | undefined {
  return places.find((place) => place.line >= line);
}

/** V8's condition: quick where the frame has the names; where it fails, the cell stops and the condition is judged again. */
function toCondition({ condition, logMessage }: SourceBreakpoint): string | undefined {
  const isMet =
    condition === undefined ? "true" : `(() => { try { return (${condition}) } catch { return true } })()`;
  if (logMessage === undefined) return condition === undefined ? undefined : isMet;
  const text = logMessage.replace(/[`\\]/g, "\\$&").replace(/\{/g, "${");
  return `(${isMet}) && (console.log(\`${text}\`), false)`;
}

/** Whether a stop is the n-th that a hit condition asks for: "3", "== 3", ">= 3", "> 3", "% 3". */
function countHolds(condition: string, hits: number): boolean {
  const [, operator = "==", text] = /^\s*(>=|>|==|=|%|<=|<)?\s*(\d+)\s*$/.exec(condition) ?? [];
  const count = Number(text);
  if (text === undefined) return true;
  if (operator === ">=") return hits >= count;
  if (operator === ">") return hits > count;
  if (operator === "<=") return hits <= count;
  if (operator === "<") return hits < count;
  return operator === "%" ? hits % count === 0 : hits === count;
}

function describe({ id, path, line, message }: Placed): Breakpoint {
  const place = { id, verified: message === undefined, line, source: { path } };
  return message === undefined ? place : { ...place, message };
}

const emptyLine = /^\s*(\/\/.*)?$/;

/** The line where a breakpoint will likely stop in a source that has not run yet: the next that is not empty. */
function guessLine(line: number, table: LineTable | undefined): number {
  if (table === undefined) return line;
  if (table.lines.length > 0) {
    const later = table.lines.filter((candidate) => candidate >= line);
    return later.length > 0 ? Math.min(...later) : line;
  }
  const rows = table.source.split("\n");
  for (let at = line; at <= rows.length; at++) if (!emptyLine.test(rows[at - 1] ?? "")) return at;
  return line;
}
