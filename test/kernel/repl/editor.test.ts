import assert from "node:assert/strict";
import { test } from "node:test";
import { checked, completed, createEditor, press, type Editor } from "../../../kernel/repl/editor/editor";
import { keyOf, type Key } from "../../../kernel/repl/editor/keys";

const named = (name: string): Key => ({ text: "", name, sequence: "" });
const typed = (text: string): Key[] => [...text].map((text) => ({ text, name: text, sequence: text }));

/** An editor after keys: strings in angle brackets are names, e.g. "<C-a>"; all else is typed. */
function after(keys: string, history: readonly string[] = []): Editor {
  let editor = createEditor(history);
  for (const [part] of keys.matchAll(/<[\w-]{2,}>|[^]/g)) {
    const key = part.length > 1 ? named(part.slice(1, -1)) : typed(part)[0];
    if (key !== undefined) editor = press(editor, key).editor;
  }
  return editor;
}

/** The text with the cursor as a bar. */
function shown({ buffer: { text, cursor } }: Editor): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

test("editor types, moves and deletes as shells do", () => {
  assert.equal(shown(after("abc<left>x")), "abx|c");
  assert.equal(shown(after("abc<C-a>x<C-e>y")), "xabcy|");
  assert.equal(shown(after("one two.three<M-b><M-b>")), "one |two.three");
  assert.equal(shown(after("one two<M-b><M-b><M-f>")), "one| two");
  assert.equal(shown(after("one two<C-w>")), "one |");
  assert.equal(shown(after("one two<C-w><C-a><C-y>")), "two|one ");
  assert.equal(shown(after("one two<C-a><M-f><C-k>")), "one|");
  assert.equal(shown(after("ab<C-t>")), "ba|");
  assert.equal(shown(after("ab<C-a><C-d>")), "|b");
  assert.equal(shown(after("a<C-_>")), "|");
  assert.equal(shown(after("e👩‍👩‍👧x<left><left><backspace>")), "|👩‍👩‍👧x");
  assert.equal(shown(after("👩‍👩‍👧<backspace>")), "|");
});

test("editor opens indented lines and moves between them", () => {
  assert.equal(shown(after("if (x) {<M-return>y")), "if (x) {\n  y|");
  assert.equal(shown(after("if (x) {<enter>y<enter>}")), "if (x) {\n  y\n}|");
  assert.equal(shown(after("{<enter><backspace>")), "{\n|");
  assert.equal(shown(after("long line<enter>a<enter>third one<up><up>")), "long line|\na\nthird one");
  assert.equal(shown(after("abc<enter>defg<up><C-a><down>")), "abc\n|defg");
  assert.equal(shown(after("a<enter>b<up><return>")), "a\n|\nb"); // Enter above the last line
  assert.equal(shown(after("ab<enter><tab>c")), "ab\n  c|");
});

test("Enter on the last line asks whether the code is complete", () => {
  const editor = after("f(");
  assert.equal(press(editor, named("return")).request, "check");
  assert.deepEqual(checked(editor, { status: "complete" }), { editor, run: true });
  const more = checked(editor, { status: "incomplete", indent: "    " });
  assert.deepEqual([shown(more.editor), more.run], ["f(\n    |", false]);
  assert.equal(shown(checked(editor, { status: "incomplete", indent: "" }).editor), "f(\n  |");
});

test("two empty lines at the end run what is not complete", () => {
  let editor = after("f(");
  const ran = [1, 2, 3].map(() => {
    const { run, ...next } = checked(editor, { status: "incomplete", indent: "  " });
    editor = next.editor;
    return run;
  });
  assert.deepEqual(ran, [false, false, true]);
});

test("Ctrl-D leaves on nothing only; Ctrl-C, Ctrl-L, Ctrl-Q and Ctrl-Z ask for what they stand for", () => {
  assert.equal(press(after(""), named("C-d")).request, "exit");
  assert.equal(press(after("a"), named("C-d")).request, undefined);
  const requests = ["C-c", "C-l", "C-q", "C-z"].map((name) => press(after("a"), named(name)).request);
  assert.deepEqual(requests, ["cancel", "clear", "inspect", "suspend"]);
});

const history = ["const a = 1", "f(2)", "const b = 2", "g(3)"];

test("Up and Down walk through what begins as the draft does, and back to it", () => {
  assert.equal(shown(after("<up>", history)), "g(3)|");
  assert.equal(shown(after("<up><up><down>", history)), "g(3)|");
  assert.equal(shown(after("co<up><up>", history)), "const a = 1|");
  assert.equal(shown(after("co<up><up><up>", history)), "const a = 1|");
  assert.equal(shown(after("co<up><up><down><down>", history)), "co|");
  assert.equal(shown(after("<up>", ["one\ntwo"])), "one\ntwo|");
  assert.equal(shown(after("<up><up>", ["zero", "one\ntwo"])), "one|\ntwo");
  assert.equal(shown(after("<up><up><up>", ["zero", "one\ntwo"])), "zero|");
});

test("Ctrl-R searches back, again for older, and Escape returns the draft", () => {
  const search = after("x<C-r>CONST", history);
  assert.deepEqual([search.search?.query, search.search?.index, search.search?.failed], ["CONST", 2, false]);
  assert.equal(shown(after("x<C-r>const<return>", history)), "const b = 2|");
  assert.equal(after("x<C-r>const<C-r><return>", history).buffer.text, "const a = 1");
  assert.equal(after("x<C-r>const<C-r><C-s><return>", history).buffer.text, "const b = 2");
  assert.equal(after("x<C-r>nothing", history).search?.failed, true);
  assert.equal(shown(after("x<C-r>const<escape>", history)), "x|");
  assert.equal(shown(after("x<C-r>f(<C-e>!", history)), "f(2)!|");
});

test("Tab puts in what all completions share, then cycles through them; Escape takes that back", () => {
  const matches = ["log", "log10", "log2", "max"].map((text) => ({ text, kind: "method" }));
  const editor = after("Math.l");
  assert.equal(press(editor, named("tab")).request, "complete");
  const first = completed(editor, { start: 5, end: 6, matches });
  assert.equal(shown(first), "Math.log|");
  assert.deepEqual(
    first.menu?.items.map((item) => item.text),
    ["log", "log10", "log2"],
  );
  const press2 = (editor: Editor, ...names: string[]): Editor =>
    names.reduce((editor, name) => press(editor, named(name)).editor, editor);
  assert.equal(shown(press2(first, "tab", "tab")), "Math.log10|");
  assert.equal(shown(press2(first, "S-tab")), "Math.log2|");
  assert.equal(shown(press2(first, "tab", "tab", "tab", "tab")), "Math.log|");
  assert.equal(press2(first, "tab", "return").menu, undefined);
  assert.equal(shown(press2(first, "tab", "tab", "escape")), "Math.log|");
  const only = completed(after("Math.ma"), { start: 5, end: 7, matches });
  assert.deepEqual([shown(only), only.menu], ["Math.max|", undefined]);
  const none = completed(after("Math.q"), { start: 5, end: 6, matches });
  assert.deepEqual([shown(none), none.menu], ["Math.q|", undefined]);
});

test("pasted text goes in as it is", () => {
  let editor = after("a");
  const keys: Key[] = [named("paste-start")];
  for (const sequence of ["(", "\r", "\t", "b", "\r\n", ")"])
    keys.push({ text: "", name: "return", sequence });
  keys.push(named("paste-end"));
  for (const key of keys) editor = press(editor, key).editor;
  assert.equal(shown(editor), "a(\n  b\n)|");
});

test("keyOf() names keys as the editor knows them", () => {
  const key = { ctrl: false, meta: false, shift: false };
  assert.deepEqual(keyOf("a", { ...key, name: "a", sequence: "a" }), { text: "a", name: "a", sequence: "a" });
  assert.equal(keyOf(undefined, { ...key, name: "return", meta: true, sequence: "\x1b\r" }).name, "M-return");
  assert.equal(keyOf(undefined, { ...key, meta: true, sequence: "\x1b<" }).name, "M-<");
  assert.equal(keyOf(undefined, { ...key, name: "tab", shift: true, sequence: "\x1b[Z" }).name, "S-tab");
  assert.equal(keyOf("\x1f", { ...key, sequence: "\x1f" }).name, "C-_");
  assert.equal(keyOf(" ", { ...key, name: "space", sequence: " " }).text, " ");
});
