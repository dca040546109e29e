import assert from "node:assert/strict";
import { test } from "node:test";
import { createEditor, type Editor } from "../../../kernel/repl/editor/editor";
import { highlight } from "../../../kernel/repl/editor/highlight";
import { render, type Frame } from "../../../kernel/repl/editor/render";

const look = { columns: 20, height: 24, prompt: "In [1]: ", colours: false, highlight };

function frame(text: string, cursor = text.length, more: Partial<Editor> = {}, height = 24): Frame {
  return render({ ...createEditor([]), ...more, buffer: { text, cursor } }, { ...look, height });
}

test("render() puts prompts before lines and wraps what is wider than the terminal", () => {
  assert.deepEqual(frame(""), { rows: ["In [1]: "], row: 0, column: 8 });
  assert.deepEqual(frame("a\nbc"), { rows: ["In [1]: a", "   ...: bc"], row: 1, column: 10 });
  assert.deepEqual(frame("123456789012345"), { rows: ["In [1]: 123456789012", "345"], row: 1, column: 3 });
  assert.deepEqual(frame("123456789012"), { rows: ["In [1]: 123456789012", ""], row: 1, column: 0 });
  assert.deepEqual(frame("'語語語語語語'", 6), { rows: ["In [1]: '語語語語語", "語'"], row: 1, column: 0 });
  assert.deepEqual(frame("ab", 1), { rows: ["In [1]: ab"], row: 0, column: 9 });
});

test("render() lets no control character through", () => {
  assert.deepEqual(frame("'a\x1b[2J\tb'").rows, ["In [1]: 'a [2J b'"]);
});

test("render() cuts a text that is taller than the terminal around the cursor", () => {
  const text = Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n");
  const { rows, row } = frame(text, text.indexOf("line 15"), {}, 9);
  assert.equal(rows.length, 8);
  assert.match(rows[row] ?? "", /line 15/);
});

test("render() shows completions with their kinds around the chosen one", () => {
  const items = Array.from({ length: 20 }, (_, i) => ({
    text: `name${i}`,
    kind: "method",
    signature: "(): void",
  }));
  const menu = { items, selected: 10, start: 0, original: { text: "", cursor: 0 } };
  const { rows } = frame("name10", 6, { menu });
  assert.equal(rows.length, 10);
  assert.deepEqual(
    rows.filter((row) => row.startsWith(">")),
    ["> name10  method  …"],
  );
  assert.equal(rows.at(-1), "  … 20 in all");
});

test("render() shows what a search has found, the cursor where it was found", () => {
  const history = ["const a = 1", "f(a)"];
  const search = { query: "A = ", draft: { text: "x", cursor: 1 }, index: 0, failed: false };
  const found = frame("x", 1, { history, search });
  assert.deepEqual(found.rows, ["In [1]: const a = 1", "search: A = _ (2 ba…"]);
  assert.deepEqual([found.row, found.column], [0, 14]);
  const none = frame("x", 1, { history, search: { ...search, index: 2, query: "" } });
  assert.deepEqual(none.rows, ["In [1]: x", "search: _"]);
});

test("highlight() colours TypeScript, templates and comments over several lines", () => {
  const styles = highlight("const a = `x${b}\ny`; /* c\nd */ f(1, true)").map((line) =>
    line.map(({ text, style }) => `${style}:${text}`).filter((piece) => !piece.startsWith(":")),
  );
  assert.deepEqual(styles, [
    ["35:const", "32:`x${", "32:}"],
    ["32:y`", "90:/* c"],
    ["90:d */", "34:f", "33:1", "33:true"],
  ]);
});
