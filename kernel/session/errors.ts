import { inspect } from "node:util";
import { type CellName, type Failure } from "./api";
import { type Problem } from "./compiler";
import { type Scripts } from "./scripts";

/** So many type errors of a cell are shown. */
const problemLimit = 20;

/** So many errors are shown that caused one another. */
const causeLimit = 8;

const contextLines = 2;

function red(text: string): string {
  return `\u001b[31m${text}\u001b[39m`;
}

function green(text: string): string {
  return `\u001b[32m${text}\u001b[39m`;
}

/** "Cell [3]", or "Cell" for a silent one; of a file its name. */
export function labelOf(cell: CellName): string {
  if (typeof cell === "string") return cell;
  return cell === undefined ? "Cell" : `Cell [${cell}]`;
}

/** The place of a source with the lines around it, a `>` at the line and a caret under the column. Both from 1. */
function codeFrame(source: string, line: number, column: number, context = contextLines): string[] {
  const lines = source.split(/\r?\n/);
  const from = Math.max(line - context, 1);
  const to = Math.min(line + context, lines.length);
  const width = String(to).length;
  return lines.slice(from - 1, to).flatMap((text, index) => {
    const number = from + index;
    const gutter = `${String(number).padStart(width)} | `;
    if (number !== line) return [`  ${gutter}${text}`.trimEnd()];
    const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    return [`${red(">")} ${gutter}${text}`, `  ${" ".repeat(width)} | ${indent}${red("^")}`];
  });
}

/** What is wrong with a cell that was not run. */
export function describeProblems(
  problems: readonly Problem[],
  label: string,
  consequence = "the cell was not run",
): Failure {
  const shown = problems.slice(0, problemLimit).flatMap(({ message, code, file, line, column, source }) => {
    const place = `${file === undefined ? label : file}, line ${line + 1}, column ${column + 1}`;
    const whole = "\n".repeat(line) + source;
    return [`${green(place)}`, ...codeFrame(whole, line + 1, column + 1, 0), `${message} (TS${code})`, ""];
  });
  const rest = problems.length - problemLimit;
  const traceback = [`${red("TypeScriptError")}: ${consequence}`, "", ...shown.slice(0, -1)];
  if (rest > 0) traceback.push("", `… and ${rest} more`);
  return { status: "error", ename: "TypeScriptError", evalue: problems[0]?.message ?? "", traceback };
}

/** That the compiler itself failed at a cell, without its own stack, which says nothing to who wrote the cell. */
export function describeCrash(thrown: unknown, label: string, version: string): Failure {
  const reason = thrown instanceof Error ? messageOf(thrown) : String(thrown);
  const evalue = `Cannot compile ${label}: TypeScript ${version} failed at it (${reason})`;
  return {
    status: "error",
    ename: "TypeScriptError",
    evalue,
    traceback: [`${red("TypeScriptError")}: ${evalue}; the cell was not run`],
  };
}

/** A line of a stack that is not the user's: Node's, tslab's or the kernel's. */
const kernelFrame = /^\s+at .*(node:|[\\/]node_modules[\\/]tslab[\\/]dist[\\/]|[\\/]dist[\\/]kernel[\\/])/;

/** A frame of the user's code, as {@link Stacks} writes it. */
const cellFrame = /(?:\(|at (?:async )?)([^()]+), line (\d+), column (\d+)\)?$/;

const fileFrame = /(?:\(|at |async )([^():]+):(\d+):(\d+)\)?$/;

/** Shows what was thrown, with its causes. Never throws, whatever it is. */
export function describeThrown(thrown: unknown, scripts: Scripts): Failure {
  try {
    return describe(thrown, scripts);
  } catch {
    const evalue = "an error that fails when it is looked at";
    return { status: "error", ename: "Error", evalue, traceback: [`${red("Uncaught")} ${evalue}`] };
  }
}

function describe(thrown: unknown, scripts: Scripts): Failure {
  if (!(thrown instanceof Error)) {
    const text = typeof thrown === "string" ? thrown : inspect(thrown);
    return { status: "error", ename: "Error", evalue: text, traceback: [`${red("Uncaught")} ${text}`] };
  }
  const traceback = describeError(thrown, scripts, new Set());
  return { status: "error", ename: nameOf(thrown), evalue: messageOf(thrown), traceback };
}

function describeError(error: Error, scripts: Scripts, seen: Set<unknown>): string[] {
  seen.add(error);
  const frames = framesOf(error);
  const title = `${red(nameOf(error))}: ${messageOf(error)}`;
  const lines = [...frameOf(frames, scripts), ...title.split("\n"), ...frames, ...propertiesOf(error)];
  if (error instanceof AggregateError) {
    for (const [index, member] of error.errors.entries())
      lines.push(
        "",
        ...describeOther(`${red(`Error ${index + 1} of ${error.errors.length}`)}: `, member, scripts, seen),
      );
  }
  if (error.cause !== undefined)
    lines.push("", ...describeOther(`${red("Caused by")}: `, error.cause, scripts, seen));
  return lines;
}

function describeOther(intro: string, thrown: unknown, scripts: Scripts, seen: Set<unknown>): string[] {
  if (seen.has(thrown) || seen.size > causeLimit) return [`${intro}…`];
  if (!(thrown instanceof Error)) return `${intro}${inspect(thrown)}`.split("\n");
  return [intro.trimEnd(), ...describeError(thrown, scripts, seen)];
}

/** The user's frames of a stack, from the innermost. */
function framesOf(error: Error): string[] {
  const stack = typeof error.stack === "string" ? error.stack : "";
  return stack.split("\n").filter((line) => /^\s+at /.test(line) && !kernelFrame.test(line));
}

/** The code around the innermost frame that is of a cell or a local file. */
function frameOf(frames: readonly string[], scripts: Scripts): string[] {
  for (const frame of frames) {
    const match = cellFrame.exec(frame) ?? fileFrame.exec(frame);
    const [, name = "", line = "", column = ""] = match ?? [];
    const source = scripts.source(name);
    if (source === undefined || Number(line) === 0) continue;
    return [green(`${name}, line ${line}`), ...codeFrame(source, Number(line), Number(column)), ""];
  }
  return [];
}

/** What an error says beside its message, e.g. its code. */
function propertiesOf(error: Error): string[] {
  const own = Object.entries(error).filter(
    ([name]) => !["name", "message", "stack", "cause", "errors"].includes(name),
  );
  return own.map(([name, value]) => `  ${name}: ${inspect(value, { depth: 1, breakLength: 100 })}`);
}

function nameOf(error: Error): string {
  return String(error.name);
}

function messageOf(error: Error): string {
  return String(error.message);
}
