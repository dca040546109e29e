import { inspect } from "node:util";
import { escapeHtml } from "../output/html";

const displaySymbol = Symbol.for("Jupyter.display");

/** Rows of text that show themselves in a notebook and in a terminal. */
export class Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];

  constructor(head: readonly string[], rows: readonly (readonly string[])[]) {
    this.head = head;
    this.rows = rows;
  }

  [displaySymbol](): Readonly<Record<string, string>> {
    return { "text/plain": this.toString(), "text/html": this.#html() };
  }

  [inspect.custom](): string {
    return this.toString();
  }

  toString(): string {
    const lines = [this.head, ...this.rows];
    const widths = this.head.map((_, column) =>
      Math.max(...lines.map((line) => (line[column] ?? "").length)),
    );
    return lines
      .map((line) =>
        line
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join("  ")
          .trimEnd(),
      )
      .join("\n");
  }

  #html(): string {
    const row = (cells: readonly string[], tag: "th" | "td"): string =>
      `<tr>${cells.map((cell) => `<${tag} style="text-align: left">${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
    const body = this.rows.map((cells) => row(cells, "td")).join("");
    return `<table><thead>${row(this.head, "th")}</thead><tbody>${body}</tbody></table>`;
  }
}
