import { type Editor } from "./editor";
import { type Menu } from "./menu";
import { type Piece } from "./highlight";
import { foundBuffer } from "./recall";
import { charactersOf, cut, widthOf } from "./width";

/** What stands on the screen while something is typed: rows with colours, and where the cursor is. */
export interface Frame {
  readonly rows: readonly string[];
  readonly row: number;
  readonly column: number;
}

export interface Look {
  readonly columns: number;
  /** How many rows the terminal has. */
  readonly height: number;
  /** Before the first line, e.g. "In [3]: ". */
  readonly prompt: string;
  readonly colours: boolean;
  /** Splits a code into pieces of one colour, line by line. */
  readonly highlight: (code: string) => readonly (readonly Piece[])[];
}

const menuRows = 8;

/** The screen of an editor. What is taller than the terminal is cut around the cursor. */
export function render(editor: Editor, look: Look): Frame {
  const text = layOut(editor, look);
  const below = [...searchRow(editor, look), ...menuRowsOf(editor.menu, look), ...docsRows(editor, look)];
  const room = Math.max(1, look.height - 1);
  const shown = Math.max(1, room - Math.min(below.length, Math.floor(room / 2)));
  const first = Math.max(0, Math.min(text.row - Math.floor(shown / 2), text.rows.length - shown));
  const rows = [...text.rows.slice(first, first + shown), ...below].slice(0, room);
  return { rows, row: text.row - first, column: text.column };
}

/** A text in a style, where colours are wanted. */
export function paint(text: string, style: string, colours: boolean): string {
  return colours && style !== "" && text !== "" ? `\x1b[${style}m${text}\x1b[0m` : text;
}

/** Fills rows of a fixed width, character by character. */
class Rows {
  readonly rows: string[] = [];
  readonly #columns: number;
  readonly #colours: boolean;
  #used = 0;

  constructor(columns: number, colours: boolean) {
    this.#columns = columns;
    this.#colours = colours;
  }

  /** Where the next character of this width would stand. */
  place(width = 1): { readonly row: number; readonly column: number } {
    if (this.#used + width > this.#columns) return { row: this.rows.length, column: 0 };
    return { row: this.rows.length - 1, column: this.#used };
  }

  begin(): void {
    this.rows.push("");
    this.#used = 0;
  }

  add(text: string, style: string): void {
    let run = "";
    for (const character of charactersOf(text)) {
      const width = widthOf(character);
      if (this.#used + width > this.#columns) {
        this.#write(run, style);
        run = "";
        this.begin();
      }
      run += character;
      this.#used += width;
    }
    this.#write(run, style);
  }

  #write(text: string, style: string): void {
    this.rows[this.rows.length - 1] += paint(text, style, this.#colours);
  }
}

/** The text that was typed, or while a search goes on, what it has found. */
function layOut({ search, history, buffer: typed }: Editor, look: Look): Frame {
  const buffer = search === undefined ? typed : foundBuffer(history, search);
  const rows = new Rows(look.columns, look.colours);
  const more = `${"...: ".padStart(widthOf(look.prompt))}`;
  let at = 0;
  let cursor = { row: 0, column: 0 };
  for (const [i, pieces] of look.highlight(buffer.text).entries()) {
    rows.begin();
    rows.add(i === 0 ? look.prompt : more, "32");
    for (const { text, style } of pieces) {
      const inside = buffer.cursor - at;
      if (inside >= 0 && inside < text.length) {
        rows.add(visible(text.slice(0, inside)), style);
        cursor = rows.place(widthOf(charactersOf(text.slice(inside))[0] ?? " "));
        rows.add(visible(text.slice(inside)), style);
      } else rows.add(visible(text), style);
      at += text.length;
    }
    if (buffer.cursor === at) cursor = rows.place();
    at += 1; // the newline
  }
  if (cursor.row === rows.rows.length) rows.begin();
  return { rows: rows.rows, ...cursor };
}

/** Control characters as blanks: they must not reach the terminal. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}

function searchRow({ search, history }: Editor, look: Look): readonly string[] {
  if (search === undefined) return [];
  const place = search.index < history.length ? ` (${history.length - search.index} back)` : "";
  const text = `${search.failed ? "not found" : "search"}: ${visible(search.query)}_${place}`;
  return [paint(cut(text, look.columns), search.failed ? "31" : "36", look.colours)];
}

/** The menu's items around the chosen one: name, kind, signature. */
function menuRowsOf(menu: Menu | undefined, look: Look): readonly string[] {
  if (menu === undefined) return [];
  const { items, selected } = menu;
  const first = Math.max(0, Math.min(selected - menuRows + 2, items.length - menuRows));
  const shown = items.slice(first, first + menuRows);
  const names = Math.min(40, Math.max(...shown.map((item) => widthOf(item.text))));
  const kinds = Math.max(...shown.map((item) => widthOf(item.kind)));
  const rows = shown.map((item, i) => {
    const name = cut(item.text, names);
    const detail = `${item.kind.padEnd(kinds)}  ${item.signature ?? ""}`.trimEnd();
    const pad = " ".repeat(names - widthOf(name) + 2);
    const room = Math.max(0, look.columns - names - 5);
    const mark = first + i === selected ? "> " : "  ";
    return `${paint(mark + name, first + i === selected ? "7" : "1", look.colours)}${pad}${paint(cut(visible(detail), room), "90", look.colours)}`;
  });
  const hidden = items.length - shown.length;
  return hidden === 0 ? rows : [...rows, paint(`  … ${items.length} in all`, "90", look.colours)];
}

function docsRows({ docs }: Editor, look: Look): readonly string[] {
  if (docs === undefined) return [];
  const lines = docs.trimEnd().split("\n");
  const room = Math.max(3, Math.floor(look.height / 2) - 1);
  const shown = lines.length > room ? [...lines.slice(0, room - 1), "…"] : lines;
  return shown.map((line, i) =>
    paint(cut(`  ${visible(line)}`, look.columns), i === 0 ? "1" : "90", look.colours),
  );
}
