/** A command to the kernel that stands in a cell. */
export interface Magic {
  /** With its signs: "%time", "%%bash"; "!" of a line for the shell. */
  readonly name: string;
  /** What follows the name on its line. */
  readonly argument: string;
  /** The magic's line in the cell, from 0. */
  readonly line: number;
  /** The rest of the cell, for magics that take it instead of TypeScript; starts on the line after the magic's. */
  readonly body?: string;
  /** The argument as a cell, at its place, for magics whose argument is TypeScript; without its options. */
  readonly code?: string;
}

/** A cell, parted into magics and TypeScript. */
export interface ParsedCell {
  readonly magics: readonly Magic[];
  /** What TypeScript sees: the cell with its magics made blank, letter for letter. */
  readonly code: string;
}

/**
 * Finds a cell's magics: its leading lines that begin with %, or with ! if they are for the shell, empty lines and line
 * comments aside. Further down a % is TypeScript's remainder. After a cell magic (%%) no other follows, but for %%capture.
 * @param isCommand  whether a line that begins with ! is for the shell. @default none is
 */
export function parseMagics(code: string, isCommand: (line: string) => boolean = () => false): ParsedCell {
  const lines = code.split("\n");
  const magics: Magic[] = [];
  for (let line = 0; line < lines.length; line++) {
    const text = (lines[line] ?? "").replace(/\r$/, " "); // of a text with Windows' line ends
    if (text.trim() === "" || text.trimStart().startsWith("//")) continue;
    const magic = text.trimStart().startsWith("!")
      ? parseCommand(lines, line, isCommand)
      : parseMagic(text, lines, line);
    if (magic === undefined) break;
    magics.push(magic);
    const last = magic.body === undefined ? line + lineCount(magic) : lines.length;
    for (; line < last; line++) lines[line] = blank(lines[line]?.replace(/\r$/, " "));
    line--;
    if (magic.name.startsWith("%%") && magic.name !== "%%capture") break;
  }
  return { magics, code: magics.length === 0 ? code : lines.join("\n") };
}

function parseMagic(text: string, lines: readonly string[], line: number): Magic | undefined {
  const [, name, argument = ""] = /^\s*(%%?(?:[A-Za-z]\w*)?)(?:\s+|$)(.*)$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const magic = { name, argument: argument.trim(), line };
  if (isForeign(name)) return { ...magic, body: lines.slice(line + 1).join("\n") };
  const statement = name === "%time" || name === "%timeit" ? argument.slice(optionsOf(magic).length) : "";
  if (statement === "") return magic;
  return { ...magic, code: "\n".repeat(line) + " ".repeat(text.length - statement.length) + statement };
}

/** The options at the beginning of %timeit's or %%timeit's argument: -n 10 -r3 -o -q. */
export function optionsOf({ name, argument }: Pick<Magic, "name" | "argument">): string {
  if (!name.endsWith("timeit")) return "";
  return /^(?:-(?:[nr]\s*\d*|[a-z]+)(?:\s+|$))*/.exec(argument)?.[0] ?? "";
}

/** A line for the shell, and those in which it goes on after a \\. */
function parseCommand(
  lines: readonly string[],
  line: number,
  isCommand: (line: string) => boolean,
): Magic | undefined {
  let end = line;
  while (lines[end]?.trimEnd().endsWith("\\") === true && end + 1 < lines.length) end++;
  const text = lines.slice(line, end + 1).join("\n");
  if (!isCommand(text)) return undefined;
  return { name: "!", argument: text.trim().slice(1), line, code: "\n".repeat(line) + text };
}

function lineCount({ name, argument }: Magic): number {
  return name === "!" ? argument.split("\n").length : 1;
}

function blank(line = ""): string {
  return " ".repeat(line.length);
}

/** Whether a cell of this magic is something else than TypeScript. */
function isForeign(name: string): boolean {
  return name.startsWith("%%") && !["%%time", "%%timeit", "%%capture"].includes(name);
}
