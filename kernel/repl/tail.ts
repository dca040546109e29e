import { widthOf } from "./editor/width";

/** The terminal's size, as it is now. */
export type Size = () => { readonly columns: number; readonly height: number };

interface Block {
  text: string;
  readonly id?: string | undefined;
  readonly cell: number;
}

/** Above this many characters the blocks are looked through for those that have left the screen. */
const trimLength = 32_768;

/** Sequences after which nobody knows where the cursor stands: all but colours. */

const movement = /\x1b(?!\[[\d;]*m)/;

/**
 * The last of what was printed, so that a display that changes can be redrawn where it stands.
 *
 * It only keeps the books and gives what is to be written. What has left the screen can't be redrawn: it is
 * printed again, once, at the end of the cell.
 */
export class Tail {
  readonly #size: Size;
  #blocks: Block[] = [];
  #length = 0;
  #cell = 0;
  /** Whether the running cell's first line is still among the blocks. */
  #whole = true;
  #cellRows = false;
  #atStart = true;
  #clearLater = false;
  /** Displays that can't be redrawn, with what they show now; undefined if that was printed. */
  readonly #lost = new Map<string, string | undefined>();

  constructor(size: Size) {
    this.#size = size;
  }

  /** A cell begins. */
  begin(): void {
    this.#cell += 1;
    this.#whole = true;
    this.#cellRows = false;
    this.#clearLater = false;
  }

  /** What is printed as it comes. */
  print(text: string): string {
    if (text === "") return "";
    const cleared = this.#clearIfDue();
    if (movement.test(text)) this.#forget();
    else this.#push(text, undefined);
    this.#cellRows = true;
    this.#atStart = text.endsWith("\n");
    return cleared + text;
  }

  /** Lines of their own; with an id they can be redrawn. */
  show(text: string, id?: string): string {
    const cleared = this.#clearIfDue();
    const gap = this.#atStart ? "" : "\n";
    const lines = text.endsWith("\n") ? text : `${text}\n`;
    if (gap !== "") this.#push(gap, undefined);
    if (movement.test(lines)) {
      this.#forget();
      if (id !== undefined) this.#lost.set(id, undefined);
    } else {
      this.#push(lines, id);
      if (id !== undefined) this.#lost.delete(id);
    }
    this.#cellRows = true;
    this.#atStart = true;
    return cleared + gap + lines;
  }

  /** Displays of this id show something else from now on. */
  update(text: string, id: string): string {
    const lines = text.endsWith("\n") ? text : `${text}\n`;
    if (this.#lost.has(id) || movement.test(lines)) {
      this.#lost.set(id, lines);
      return "";
    }
    const first = this.#blocks.findIndex((block) => block.id === id);
    if (first === -1 || this.#blocks.every((block) => block.id !== id || block.text === lines)) return "";
    const up = this.#breaks(first);
    if (up >= this.#size().height) {
      this.#forgetUpTo(first + 1);
      this.#lost.set(id, lines);
      return "";
    }
    for (const block of this.#blocks) if (block.id === id) block.text = lines;
    const again = this.#blocks.slice(first).map((block) => block.text);
    return `${up > 0 ? `\x1b[${up}A` : ""}\r\x1b[J${again.join("")}`;
  }

  /** Takes away what the running cell has shown. @param wait  only when it shows something new */
  clear(wait: boolean): string {
    this.#clearLater = wait;
    if (wait || !this.#cellRows) return "";
    const first = this.#blocks.findIndex((block) => block.cell === this.#cell);
    const known = this.#whole && first !== -1;
    if (!known && this.#blocks.length === 0) return ""; // after a picture nobody knows
    const height = this.#size().height;
    const up = Math.min(this.#breaks(known ? first : 0), height - 1);
    this.#forgetUpTo(this.#blocks.length, known ? first : 0);
    this.#whole = true; // it begins anew here
    this.#atStart = true;
    this.#cellRows = false;
    return `${up > 0 ? `\x1b[${up}A` : ""}\r\x1b[J`;
  }

  /** A newline unless the cursor stands at the start of a line. */
  freshLine(): string {
    return this.#atStart ? "" : this.print("\n");
  }

  /** The cell has ended: what could not be redrawn is shown as it is now. Ends at the start of a line. */
  end(): string {
    let text = this.freshLine();
    for (const [id, lines] of [...this.#lost]) if (lines !== undefined) text += this.show(lines, id);
    return text;
  }

  #clearIfDue(): string {
    return this.#clearLater ? this.clear(false) : "";
  }

  #push(text: string, id: string | undefined): void {
    const last = this.#blocks.at(-1);
    if (last !== undefined && id === undefined && last.id === undefined && last.cell === this.#cell)
      last.text += text;
    else this.#blocks.push({ text, id, cell: this.#cell });
    this.#length += text.length;
    if (this.#length > trimLength) this.#trim();
  }

  /** How many rows lie between the beginning of a block and the cursor. */
  #breaks(first: number): number {
    const { columns } = this.#size();
    return breaksOf(
      this.#blocks
        .slice(first)
        .map((block) => block.text)
        .join(""),
      columns,
    );
  }

  #trim(): void {
    const { columns, height } = this.#size();
    let first = 0;
    while (first + 1 < this.#blocks.length && this.#breaks(first + 1) >= height) first += 1;
    this.#forgetUpTo(first);
    const [block] = this.#blocks;
    const most = Math.max(columns * height, trimLength / 4);
    if (block !== undefined && block.id === undefined && block.text.length > most) {
      block.text = block.text.slice(-most);
      if (block.cell === this.#cell) this.#whole = false;
    }
    this.#length = this.#blocks.reduce((sum, { text }) => sum + text.length, 0);
  }

  #forget(): void {
    this.#forgetUpTo(this.#blocks.length);
  }

  /** Drops blocks; displays among them can't be redrawn any more. */
  #forgetUpTo(stop: number, start = 0): void {
    for (const { id, cell } of this.#blocks.splice(start, stop - start)) {
      if (id !== undefined) this.#lost.set(id, undefined);
      if (cell === this.#cell) this.#whole = false;
    }
  }
}

/** How many rows the cursor has gone down after a text that began a row. */
export function breaksOf(text: string, columns: number): number {
  const lines = text.split("\n");
  const rest = lines.pop() ?? "";
  let rows = 0;
  for (const line of lines) rows += Math.max(1, Math.ceil(lineWidth(line) / columns));
  return rows + Math.max(0, Math.ceil(lineWidth(rest) / columns) - 1);
}

/** The width of a line whose carriage returns go back to its beginning. */
function lineWidth(line: string): number {
  if (!line.includes("\r") && !line.includes("\t")) return widthOf(line);
  return Math.max(...line.replaceAll("\t", " ".repeat(8)).split("\r").map(widthOf));
}
