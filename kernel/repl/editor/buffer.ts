/** Text under edit, and where the cursor stands in it (UTF-16 code units, never inside a character). */
export interface Buffer {
  readonly text: string;
  readonly cursor: number;
}

/** A change that also took text out, for Ctrl-Y to bring back. */
export interface Kill {
  readonly buffer: Buffer;
  readonly killed: string;
}

export const emptyBuffer: Buffer = { text: "", cursor: 0 };

/** One step of indentation. */
export const indentStep = "  ";

const segmenter = new Intl.Segmenter();

/** A text with the cursor at its end. */
export function bufferOf(text: string): Buffer {
  return { text, cursor: text.length };
}

/** Where the line of a position begins. */
export function lineStart({ text, cursor }: Buffer): number {
  return text.lastIndexOf("\n", cursor - 1) + 1;
}

/** Where the line of a position ends: before its newline. */
export function lineEnd({ text, cursor }: Buffer): number {
  const end = text.indexOf("\n", cursor);
  return end === -1 ? text.length : end;
}

/** The buffer with a text put in at the cursor, which moves behind it. */
export function insert(buffer: Buffer, text: string): Buffer {
  return replace(buffer, buffer.cursor, buffer.cursor, text);
}

/** The buffer with a range replaced; the cursor stands behind what was put in. */
export function replace({ text }: Buffer, start: number, end: number, by: string): Buffer {
  return { text: text.slice(0, start) + by + text.slice(end), cursor: start + by.length };
}

/** A typed character; a closing bracket first on its line goes back one indentation. */
export function typeText(buffer: Buffer, typed: string): Buffer {
  const before = buffer.text.slice(lineStart(buffer), buffer.cursor);
  if (!/^[}\])]$/.test(typed) || before === "" || before.trim() !== "") return insert(buffer, typed);
  const start = buffer.cursor - Math.min(indentStep.length, before.length);
  return replace(buffer, start, buffer.cursor, typed);
}

/** A new line, indented as the one it follows, and one step more behind an opening bracket. */
export function openLine(buffer: Buffer): Buffer {
  const before = buffer.text.slice(lineStart(buffer), buffer.cursor);
  const indent = /^[ \t]*/.exec(before)?.[0] ?? "";
  return insert(buffer, `\n${indent}${/[{([]\s*$/.test(before) ? indentStep : ""}`);
}

/** One character to the left, over the end of a line. */
export function left(buffer: Buffer): Buffer {
  const { text, cursor } = buffer;
  const start = lineStart(buffer);
  if (cursor === start) return { text, cursor: Math.max(0, cursor - 1) };
  let last = start;
  for (const { index } of segmenter.segment(text.slice(start, cursor))) last = start + index;
  return { text, cursor: last };
}

/** One character to the right, over the end of a line. */
export function right(buffer: Buffer): Buffer {
  const { text, cursor } = buffer;
  const [next] = segmenter.segment(text.slice(cursor, lineEnd(buffer)));
  return { text, cursor: Math.min(text.length, cursor + (next?.segment.length ?? 1)) };
}

export function wordLeft({ text, cursor }: Buffer): Buffer {
  const at = /[\p{L}\p{N}_$]*[^\p{L}\p{N}_$]*$/u.exec(text.slice(0, cursor));
  return { text, cursor: at?.index ?? 0 };
}

export function wordRight({ text, cursor }: Buffer): Buffer {
  const word = /^[^\p{L}\p{N}_$]*[\p{L}\p{N}_$]*/u.exec(text.slice(cursor));
  return { text, cursor: cursor + (word?.[0].length ?? 0) };
}

/** Where the line's code begins; where the line begins if the cursor stands there already. */
export function home(buffer: Buffer): Buffer {
  const start = lineStart(buffer);
  const code = start + (/^[ \t]*/.exec(buffer.text.slice(start, lineEnd(buffer)))?.[0].length ?? 0);
  return { text: buffer.text, cursor: buffer.cursor === code ? start : code };
}

export function end(buffer: Buffer): Buffer {
  return { text: buffer.text, cursor: lineEnd(buffer) };
}

/** The same column one line up or down; undefined if there is no such line. */
export function vertical(buffer: Buffer, by: -1 | 1, column: number): Buffer | undefined {
  const { text } = buffer;
  const from = by < 0 ? lineStart(buffer) - 1 : lineEnd(buffer) + 1;
  if (from < 0 || from > text.length) return undefined;
  const line = { text, cursor: from };
  return { text, cursor: Math.min(lineStart(line) + column, lineEnd(line)) };
}

/** The cursor's column in its line. */
export function columnOf(buffer: Buffer): number {
  return buffer.cursor - lineStart(buffer);
}

/** Takes out what lies between the cursor and where a movement would bring it. */
export function killTo(buffer: Buffer, target: Buffer): Kill {
  const [start, stop] = [Math.min(buffer.cursor, target.cursor), Math.max(buffer.cursor, target.cursor)];
  return { buffer: replace(buffer, start, stop, ""), killed: buffer.text.slice(start, stop) };
}

/** Takes the character before the cursor; a whole step in a line's indentation. */
export function backspace(buffer: Buffer): Buffer {
  const before = buffer.text.slice(lineStart(buffer), buffer.cursor);
  const indented = before !== "" && before.trim() === "" && before.length % indentStep.length === 0;
  const target = indented ? { ...buffer, cursor: buffer.cursor - indentStep.length } : left(buffer);
  return killTo(buffer, target).buffer;
}

/** Swaps the two characters around the cursor, or the last two of the line. */
export function transpose(buffer: Buffer): Buffer {
  const at = buffer.cursor === lineEnd(buffer) ? left(buffer) : buffer;
  const [before, after] = [left(at), right(at)];
  if (before.cursor < lineStart(buffer) || at.cursor === before.cursor) return buffer;
  const swapped = buffer.text.slice(at.cursor, after.cursor) + buffer.text.slice(before.cursor, at.cursor);
  return replace(buffer, before.cursor, after.cursor, swapped);
}
