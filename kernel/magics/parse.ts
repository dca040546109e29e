/** A command to the kernel that stands in a cell. */
export interface Magic {
  /** With its signs: "%time", "%%bash". */
  readonly name: string;
  /** What follows the name on its line. */
  readonly argument: string;
  /** The magic's line in the cell, from 0. */
  readonly line: number;
  /** The rest of the cell, for magics that take it instead of TypeScript; starts on the line after the magic's. */
  readonly body?: string;
  /** The argument as a cell, at its place, for magics whose argument is TypeScript. */
  readonly code?: string;
}

/** A cell, parted into magics and TypeScript. */
export interface ParsedCell {
  readonly magics: readonly Magic[];
  /** What TypeScript sees: the cell with its magics made blank, letter for letter. */
  readonly code: string;
}

/**
 * Finds a cell's magics: its leading lines that begin with %, empty lines and line comments aside. Further down a % is
 * TypeScript's remainder. After a cell magic (%%) no other follows.
 */
export function parseMagics(code: string): ParsedCell {
  const lines = code.split("\n");
  const magics: Magic[] = [];
  for (let line = 0; line < lines.length; line++) {
    const text = (lines[line] ?? "").replace(/\r$/, " "); // of a text with Windows' line ends
    if (text.trim() === "" || text.trimStart().startsWith("//")) continue;
    const [, before = "", name, argument = ""] = /^(\s*(%%?(?:[A-Za-z]\w*)?)(?:\s+|$))(.*)$/.exec(text) ?? [];
    if (name === undefined) break;
    const magic = { name, argument: argument.trim(), line };
    if (name === "%time" && argument !== "") {
      magics.push({ ...magic, code: "\n".repeat(line) + " ".repeat(before.length) + argument });
    } else if (isForeign(name)) {
      magics.push({ ...magic, body: lines.slice(line + 1).join("\n") });
      for (let next = line; next < lines.length; next++) lines[next] = blank(lines[next]);
      break;
    } else magics.push(magic);
    lines[line] = blank(text);
    if (name.startsWith("%%")) break;
  }
  return { magics, code: magics.length === 0 ? code : lines.join("\n") };
}

function blank(line = ""): string {
  return " ".repeat(line.length);
}

/** Whether a cell of this magic is something else than TypeScript: any but %%time. */
function isForeign(name: string): boolean {
  return name.startsWith("%%") && name !== "%%time";
}
