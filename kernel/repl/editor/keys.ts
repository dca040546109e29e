import { type Key as ReadlineKey } from "node:readline";

/** A key as the terminal sends it. */
export interface Key {
  /** What it writes, "" if it writes nothing. */
  readonly text: string;
  /** e.g. "a", "C-a", "M-b", "S-tab", "up", "C-M-left" */
  readonly name: string;
  /** The bytes that came in. */
  readonly sequence: string;
}

/** What a key does in the editor. */
export type Command =
  | "left"
  | "right"
  | "wordLeft"
  | "wordRight"
  | "up"
  | "down"
  | "older"
  | "newer"
  | "home"
  | "end"
  | "first"
  | "last"
  | "backspace"
  | "delete"
  | "deleteOrExit"
  | "killEnd"
  | "killStart"
  | "killWordLeft"
  | "killWordRight"
  | "yank"
  | "undo"
  | "transpose"
  | "enter"
  | "newline"
  | "complete"
  | "completeBack"
  | "inspect"
  | "search"
  | "searchForward"
  | "interrupt"
  | "clear"
  | "suspend"
  | "escape"
  | "pasteStart"
  | "pasteEnd";

const commands: Readonly<Record<string, Command>> = {
  left: "left",
  "C-b": "left",
  right: "right",
  "C-f": "right",
  "M-b": "wordLeft",
  "C-left": "wordLeft",
  "M-left": "wordLeft",
  "M-f": "wordRight",
  "C-right": "wordRight",
  "M-right": "wordRight",
  up: "up",
  "C-p": "up",
  down: "down",
  "C-n": "down",
  "M-p": "older",
  pageup: "older",
  "M-n": "newer",
  pagedown: "newer",
  home: "home",
  "C-a": "home",
  end: "end",
  "C-e": "end",
  "M-<": "first",
  "C-home": "first",
  "M->": "last",
  "C-end": "last",
  backspace: "backspace",
  "C-h": "backspace",
  delete: "delete",
  "C-d": "deleteOrExit",
  "C-k": "killEnd",
  "C-u": "killStart",
  "C-w": "killWordLeft",
  "M-backspace": "killWordLeft",
  "C-backspace": "killWordLeft",
  "M-d": "killWordRight",
  "C-delete": "killWordRight",
  "C-y": "yank",
  "C-_": "undo",
  "C-t": "transpose",
  return: "enter",
  enter: "newline", // Ctrl-J
  "M-return": "newline",
  "M-enter": "newline",
  tab: "complete",
  "S-tab": "completeBack",
  "C-q": "inspect",
  f1: "inspect",
  "C-r": "search",
  "C-s": "searchForward",
  "C-c": "interrupt",
  "C-l": "clear",
  "C-z": "suspend",
  escape: "escape",
  "C-g": "escape",
  "paste-start": "pasteStart",
  "paste-end": "pasteEnd",
};

/** What a key does; undefined for one that writes its text, or does nothing. */
export function commandOf(key: Key): Command | undefined {
  return Object.hasOwn(commands, key.name) ? commands[key.name] : undefined;
}

/** A key from what Node's readline tells of it. */
export function keyOf(text: string | undefined, key: ReadlineKey): Key {
  const sequence = key.sequence ?? text ?? "";
  if (sequence === "\x1f") return { text: "", name: "C-_", sequence };
  const symbol = key.name ?? (key.meta === true ? sequence.slice(1) : sequence);
  const letter = symbol.length === 1;
  const shift = key.shift === true && !letter ? "S-" : "";
  const name = `${key.ctrl === true ? "C-" : ""}${key.meta === true ? "M-" : ""}${shift}${symbol}`;
  const writes = key.ctrl !== true && key.meta !== true && text !== undefined && !/\p{Cc}/u.test(text);
  return { text: writes ? text : "", name, sequence };
}
