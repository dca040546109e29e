import { type Completeness, type Completion } from "../../session/api";
import * as edit from "./buffer";
import { type Buffer } from "./buffer";
import { commandOf, type Command, type Key } from "./keys";
import { choose, complete, type Menu } from "./menu";
import { foundBuffer, searchFor, searchNext, startSearch, walk, type Recall, type Search } from "./recall";

/** All that the editor knows between two keys. */
export interface Editor {
  readonly buffer: Buffer;
  /** Earlier inputs, the newest last. */
  readonly history: readonly string[];
  /** Which column Up and Down keep to. */
  readonly column?: number | undefined;
  readonly killed: string;
  readonly undo: readonly Buffer[];
  readonly paste?: string | undefined;
  readonly recall?: Recall | undefined;
  readonly search?: Search | undefined;
  readonly menu?: Menu | undefined;
  /** Documentation to be shown below. */
  readonly docs?: string | undefined;
}

/** What the editor asks of those around it: nothing else has an effect. */
export type Request = "check" | "complete" | "inspect" | "cancel" | "exit" | "clear" | "suspend";

/** The editor after a key, and what it asks for. */
export interface Step {
  readonly editor: Editor;
  readonly request?: Request | undefined;
}

const mostUndos = 200;

/** An editor with nothing typed. */
export function createEditor(history: readonly string[], killed = ""): Editor {
  return { buffer: edit.emptyBuffer, history, killed, undo: [] };
}

/** What a key does. */
export function press(editor: Editor, key: Key): Step {
  const command = commandOf(key);
  if (editor.paste !== undefined) return paste(editor, editor.paste, key, command);
  if (editor.docs !== undefined && command === "escape") return { editor: { ...editor, docs: undefined } };
  if (editor.search !== undefined) return search({ ...editor, docs: undefined }, editor.search, key, command);
  if (editor.menu !== undefined) {
    const step = pick(editor, editor.menu, command);
    if (step !== undefined) return step;
  }
  const idle = { ...editor, menu: undefined, docs: undefined };
  if (command === undefined) {
    return { editor: key.text === "" ? idle : change(idle, edit.typeText(idle.buffer, key.text)) };
  }
  return obey(idle, command);
}

/** The editor with the completions that it asked for. */
export function completed(editor: Editor, completion: Completion): Editor {
  const { buffer, menu } = complete(editor.buffer, completion);
  return { ...(buffer === editor.buffer ? editor : change(editor, buffer)), menu };
}

/**
 * The editor after the code was found complete (then it is to be run), or a new line in it. Two empty lines end any code,
 * so that what will be an error can be run, to be seen.
 */
export function checked(
  editor: Editor,
  completeness: Completeness,
): { readonly editor: Editor; readonly run: boolean } {
  if (completeness.status !== "incomplete" || endsByHand(editor.buffer.text)) return { editor, run: true };
  const plain = edit.openLine(editor.buffer);
  const told = edit.insert(editor.buffer, `\n${completeness.indent}`);
  return { editor: change(editor, completeness.indent === "" ? plain : told), run: false };
}

function endsByHand(code: string): boolean {
  return /\n[^\S\n]*\n\s*$/.test(code);
}

/** Whether Enter asks if the code is complete: on its last line. Above it, Enter opens a line. */
function onLastLine({ text, cursor }: Buffer): boolean {
  return !text.slice(cursor).trimEnd().includes("\n");
}

function change(editor: Editor, buffer: Buffer): Editor {
  if (buffer.text === editor.buffer.text) return { ...editor, buffer, column: undefined };
  const undo = [...editor.undo, editor.buffer].slice(-mostUndos);
  return { ...editor, buffer, undo, column: undefined, recall: undefined };
}

type Movement = (buffer: Buffer) => Buffer;

const movements: Partial<Record<Command, Movement>> = {
  left: edit.left,
  right: edit.right,
  wordLeft: edit.wordLeft,
  wordRight: edit.wordRight,
  home: edit.home,
  end: edit.end,
  first: ({ text }) => ({ text, cursor: 0 }),
  last: ({ text }) => ({ text, cursor: text.length }),
};

const changes: Partial<Record<Command, Movement>> = {
  backspace: edit.backspace,
  delete: (buffer) => edit.killTo(buffer, edit.right(buffer)).buffer,
  transpose: edit.transpose,
  newline: edit.openLine,
};

/** What each kill takes out: all up to there. At a line's end, Ctrl-K takes the newline. */
const kills: Partial<Record<Command, Movement>> = {
  killEnd: (buffer) => (edit.lineEnd(buffer) === buffer.cursor ? edit.right(buffer) : edit.end(buffer)),
  killStart: (buffer) => ({ text: buffer.text, cursor: edit.lineStart(buffer) }),
  killWordLeft: edit.wordLeft,
  killWordRight: edit.wordRight,
};

const requests: Partial<Record<Command, Request>> = {
  inspect: "inspect",
  interrupt: "cancel",
  clear: "clear",
  suspend: "suspend",
};

function obey(editor: Editor, command: Command): Step {
  const { buffer } = editor;
  const movement = movements[command];
  if (movement !== undefined) return { editor: { ...editor, buffer: movement(buffer), column: undefined } };
  const changing = changes[command];
  if (changing !== undefined) return { editor: change(editor, changing(buffer)) };
  const target = kills[command];
  if (target !== undefined) {
    const { buffer: rest, killed } = edit.killTo(buffer, target(buffer));
    return { editor: { ...change(editor, rest), killed: killed === "" ? editor.killed : killed } };
  }
  const request = requests[command];
  return request === undefined ? obeySpecial(editor, command) : { editor, request };
}

function obeySpecial(editor: Editor, command: Command): Step {
  const { buffer } = editor;
  switch (command) {
    case "up":
    case "down":
      return { editor: upOrDown(editor, command === "up" ? -1 : 1) };
    case "older":
    case "newer":
      return { editor: remember(editor, command === "older" ? -1 : 1) };
    case "yank":
      return { editor: change(editor, edit.insert(buffer, editor.killed)) };
    case "undo": {
      const last = editor.undo.at(-1);
      return {
        editor: last === undefined ? editor : { ...editor, buffer: last, undo: editor.undo.slice(0, -1) },
      };
    }
    case "deleteOrExit":
      if (buffer.text === "") return { editor, request: "exit" };
      return { editor: change(editor, edit.killTo(buffer, edit.right(buffer)).buffer) };
    case "enter":
      return onLastLine(buffer)
        ? { editor, request: "check" }
        : { editor: change(editor, edit.openLine(buffer)) };
    case "complete":
    case "completeBack":
      return tab(editor, command);
    case "search":
    case "searchForward":
      return { editor: { ...editor, search: startSearch(editor.history, buffer) } };
    case "pasteStart":
      return { editor: { ...editor, paste: "" } };
    default:
      return { editor };
  }
}

/** Tab completes behind a word, and indents behind blanks. */
function tab(editor: Editor, command: "complete" | "completeBack"): Step {
  const { buffer } = editor;
  const before = buffer.text.slice(edit.lineStart(buffer), buffer.cursor);
  if (before.trim() !== "") return { editor, request: "complete" };
  return {
    editor: change(
      editor,
      command === "complete" ? edit.insert(buffer, edit.indentStep) : edit.backspace(buffer),
    ),
  };
}

function upOrDown(editor: Editor, by: -1 | 1): Editor {
  const column = editor.column ?? edit.columnOf(editor.buffer);
  const moved = edit.vertical(editor.buffer, by, column);
  return moved === undefined ? remember(editor, by) : { ...editor, buffer: moved, column };
}

function remember(editor: Editor, by: -1 | 1): Editor {
  const found = walk(editor.history, editor.buffer, editor.recall, by);
  if (found === undefined) return editor;
  return { ...change(editor, found.buffer), recall: found.recall };
}

/** A key while the menu is open; undefined if it closes the menu and does what it always does. */
function pick(editor: Editor, menu: Menu, command: Command | undefined): Step | undefined {
  if (command === "complete" || command === "completeBack" || command === "down" || command === "up") {
    const { buffer, menu: next } = choose(menu, command === "complete" || command === "down" ? 1 : -1);
    return { editor: { ...change(editor, buffer), menu: next } };
  }
  if (command === "enter" && menu.selected >= 0) return { editor: { ...editor, menu: undefined } };
  if (command === "escape" || command === "interrupt") {
    return { editor: { ...change(editor, menu.original), menu: undefined } };
  }
  return undefined;
}

function search(editor: Editor, now: Search, key: Key, command: Command | undefined): Step {
  const { history } = editor;
  const show = (next: Search): Step => ({ editor: { ...editor, search: next } });
  if (command === undefined && key.text !== "") return show(searchFor(history, now, now.query + key.text));
  if (command === "backspace") return show(searchFor(history, now, now.query.slice(0, -1)));
  if (command === "search" || command === "up") return show(searchNext(history, now, -1));
  if (command === "searchForward" || command === "down") return show(searchNext(history, now, 1));
  const ended = { ...editor, search: undefined };
  if (command === "escape" || command === "interrupt") return { editor: { ...ended, buffer: now.draft } };
  const found = change(ended, foundBuffer(history, now));
  const accepted = { ...found, buffer: edit.bufferOf(found.buffer.text) };
  return command === "enter" ? { editor: accepted } : press(accepted, key);
}

/** Pasted text goes in as it is: no key in it has a meaning. */
function paste(editor: Editor, text: string, key: Key, command: Command | undefined): Step {
  if (command !== "pasteEnd") return { editor: { ...editor, paste: text + key.sequence } };
  const clean = text.replace(/\r\n?/g, "\n").replaceAll("\t", edit.indentStep);
  return { editor: { ...change(editor, edit.insert(editor.buffer, clean)), paste: undefined } };
}
