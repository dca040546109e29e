import { magicHelp, magicPlacement } from "../magics/list";
import { parseMagics, type Magic } from "../magics/parse";
import { type Completeness, type Completion, type Inspection } from "../session/api";
import { type SourceContext } from "../session/program";
import { expandCommands, findCommand, isValue, type Command, type Expanded, type IsKnown } from "./commands";
import type * as completeness from "./completeness";
import { completeIn } from "./completion";
import { inspectIn } from "./inspection";
import { isPathLike, listPaths } from "./paths";

/** What the language service needs of a session. */
export interface LanguageOptions {
  /** Calls a function on code that is parsed and bound as the next cell would be. */
  readonly withSource: <T>(code: string, use: (context: SourceContext) => T) => T;
  /** The variables' values. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** The code of cells that have run, latest first. @default none */
  readonly cells?: () => Iterable<string>;
  /** Where paths that are typed begin. @default the process's directory */
  readonly cwd?: () => string;
}

/** Answers what editors ask about a cell that is being written. Positions are UTF-16 offsets. */
export interface Language {
  complete(code: string, position: number): Completion;
  /** @param detail  0: signature and comment; 1: also the other overloads and the source */
  inspect(code: string, position: number, detail: 0 | 1): Inspection | undefined;
  isComplete(code: string): Completeness;
  /** Whether a line that begins with ! is for the shell, and not TypeScript. */
  isCommand(line: string): boolean;
  /** A cell whose lines for the shell are TypeScript. */
  withCommands(code: string): string;
}

/** Makes the language service of a session. */
export function createLanguage(options: LanguageOptions): Language {
  const { withSource, scope, cells = () => [], cwd = () => process.cwd() } = options;
  const find = (code: string, from: number): Command | undefined =>
    quietly(() =>
      withSource(code, (context) => {
        const { ts, sourceFile, offset } = context;
        const isKnown: IsKnown = (name, at) => isValue(context, name, at);
        const found = findCommand(ts, sourceFile, { from: from + offset, isKnown });
        return found && { ...found, start: found.start - offset, end: found.end - offset };
      }),
    );
  const expand = (code: string): Expanded => expandCommands(code, find);
  const isCommand = (line: string): boolean => expand(line).commands.length > 0;
  return {
    complete: (code, position) => {
      const at = clamp(position, code);
      const place = placeOf(code, at, isCommand);
      if (place.magic !== undefined) return completeMagic(place, at, cwd());
      const cell = expand(place.code);
      if (isWithin(cell, at)) return completePath(wordBefore(place), at, cwd());
      const moved = growthBefore(cell, at);
      const found = quietly(() => withSource(cell.code, (context) => completeIn(context, at + moved, scope)));
      return found === undefined
        ? nothingAt(at)
        : { ...found, start: found.start - moved, end: found.end - moved };
    },
    inspect: (code, position, detail) => {
      const at = clamp(position, code);
      const place = placeOf(code, at, isCommand);
      if (place.isBody) return undefined;
      if (place.magic !== undefined) return inspectMagic(place.magic);
      const cell = expand(place.code);
      if (isWithin(cell, at)) return undefined;
      const moved = at + growthBefore(cell, at);
      return quietly(() =>
        withSource(cell.code, (context) => inspectIn(context, moved, { detail, scope, cells })),
      );
    },
    isComplete: judge,
    isCommand,
    withCommands: (code) => expand(code).code,
  };
}

/** Whether a position is in a command for the shell. */
function isWithin({ commands }: Expanded, at: number): boolean {
  return commands.some(({ start, end }) => start < at && at <= end);
}

/** By how much TypeScript's code has grown before a position of the cell. */
function growthBefore({ commands }: Expanded, at: number): number {
  return commands.reduce((sum, { end, growth }) => (end < at ? sum + growth : sum), 0);
}

function judge(code: string): Completeness {
  // Loaded here and not at the top, since TypeScript takes 0.2 s to load and a kernel is to be ready before.
  // eslint-disable-next-line @typescript-eslint/no-require-imports, no-restricted-syntax, @typescript-eslint/no-unsafe-assignment
  const { isComplete }: typeof completeness = require("./completeness");
  return quietly(() => isComplete(code)) ?? { status: "unknown" };
}

interface Place {
  /** The magic on whose line the position is, unless the position is in TypeScript there. */
  readonly magic: Magic | undefined;
  /** Whether the position is in what a cell magic takes instead of TypeScript. */
  readonly isBody: boolean;
  /** The line's text, and the position in it. */
  readonly line: string;
  readonly column: number;
  /** The cell for TypeScript. */
  readonly code: string;
}

/** Whether a position is within a magic or within TypeScript. */
function placeOf(code: string, at: number, isCommand: (line: string) => boolean): Place {
  const parsed = parseMagics(code, isCommand);
  const before = code.slice(0, at).split("\n");
  const [number, column] = [before.length - 1, before.at(-1)?.length ?? 0];
  const line = code.split("\n")[number] ?? "";
  const magic = parsed.magics.find(
    (each) => each.line === number || (each.body !== undefined && each.line < number),
  );
  const place = { isBody: magic !== undefined && magic.line < number, line, column, code: parsed.code };
  if (magic?.code === undefined) return { ...place, magic };
  const argument = magic.code.split("\n")[number] ?? "";
  if (column < argument.length - argument.trimStart().length) return { ...place, magic };
  const lines = parsed.code.split("\n");
  lines[number] = argument;
  return { ...place, code: lines.join("\n"), magic: undefined };
}

/** Names of magics, and the paths and variables that some take. */
function completeMagic(place: Place, at: number, cwd: string): Completion {
  const { line, column, isBody } = place;
  const typed = line.slice(0, column);
  const word = wordBefore(place);
  const [, name = "", argument] = /^\s*(%%?\w*)(\s+.*)?$/.exec(typed) ?? [];
  if (isBody) return isPathLike(word) ? completePath(word, at, cwd) : nothingAt(at);
  if (argument === undefined) return completeName(name, line.slice(column), at);
  if (name === "%env" && !word.includes("=")) {
    const names = Object.keys(process.env).filter((each) => each.startsWith(word));
    return { start: at - word.length, end: at, matches: names.sort().map((text) => ({ text, kind: "var" })) };
  }
  if (name === "%%writefile" || name === "%run") return completePath(word, at, cwd);
  if (name !== "%cd") return nothingAt(at);
  const { matches, ...range } = completePath(word, at, cwd);
  return { ...range, matches: matches.filter(({ kind }) => kind === "directory") };
}

function wordBefore({ line, column }: Place): string {
  return /\S*$/.exec(line.slice(0, column))?.[0] ?? "";
}

function completeName(name: string, rest: string, at: number): Completion {
  const end = at + (/^\w*/.exec(rest)?.[0].length ?? 0);
  const fitting = magicHelp.filter(
    (magic) => magic.name.startsWith(name) || magic.name.startsWith(`%${name}`),
  );
  const matches = fitting.map((magic) => ({ text: magic.name, kind: "magic", signature: magic.usage }));
  return { start: at - name.length, end, matches };
}

function completePath(typed: string, at: number, cwd: string): Completion {
  const begin = typed === "~" ? typed : typed.slice(typed.lastIndexOf("/") + 1);
  return { start: at - begin.length, end: at, matches: listPaths(typed, cwd) };
}

function inspectMagic({ name }: Magic): Inspection | undefined {
  const help = magicHelp.find((each) => each.name === name);
  if (help === undefined) return undefined;
  const plain = `${help.usage}\n\n${help.description}. ${magicPlacement}`;
  return { bundle: { "text/plain": plain, "text/markdown": plain.replace(help.usage, `\`${help.usage}\``) } };
}

/** TypeScript's own failures on half-written code are no news to who writes it. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

function nothingAt(at: number): Completion {
  return { start: at, end: at, matches: [] };
}

function clamp(position: number, code: string): number {
  return Math.min(Math.max(position, 0), code.length);
}
