import { type MimeBundle } from "../session/api";
import { highlight } from "./editor/highlight";
import { paint } from "./editor/render";
import { withoutColours, type Presenter } from "./present";
import { Tail } from "./tail";
import { type Terminal } from "./terminal";

const longestPainted = 10_000;

/** Where what a cell prints and shows goes. */
export interface Output {
  /** A cell begins. */
  begin(): void;
  /** Printed text. */
  print(name: "stdout" | "stderr", text: string): void;
  /** A shown value; with an id it can be updated. */
  show(bundle: MimeBundle, id?: string): void;
  /** Displays of this id show another bundle from now on. */
  update(bundle: MimeBundle, id: string): void;
  /** Takes away what the cell has shown. @param wait  only when it shows something new */
  clear(wait: boolean): void;
  /** The value of the cell. */
  result(bundle: MimeBundle, cell: number): void;
  /** Why the cell ended. */
  fail(traceback: readonly string[]): void;
  /** The cell has ended. */
  end(): void;
}

/** Output that stands above what is typed. */
export interface TerminalOutput extends Output {
  /** These rows of the prompt stay where they are: output goes on below them. */
  typed(rows: readonly string[]): void;
  /** What comes next begins a line. */
  freshLine(): void;
}

/** Output to a terminal, where displays are redrawn in place. */
export function createTerminalOutput(
  terminal: Terminal,
  presenter: Presenter,
  colours: boolean,
): TerminalOutput {
  const tail = new Tail(() => terminal);
  const write = (text: string): void => {
    const all = terminal.prompting ? text + tail.freshLine() : text;
    if (all !== "") terminal.write(all);
  };
  return {
    begin: () => tail.begin(),
    typed: (rows) => void tail.print(`${rows.join("\n")}\n`),
    print: (_name, text) => write(tail.print(text)),
    freshLine: () => write(tail.freshLine()),
    show: (bundle, id) => {
      const text = presenter.present(bundle);
      if (text !== "") write(tail.show(text, id));
    },
    update: (bundle, id) => write(tail.update(presenter.present(bundle), id)),
    clear: (wait) => write(tail.clear(wait)),
    result: (bundle, cell) => {
      const plain = presenter.present(bundle);
      if (plain === "") return;
      const text = colours && Object.keys(bundle).length === 1 ? paintValue(plain) : plain;
      const prompt = paint(`Out[${cell}]: `, "31", colours);
      write(tail.show(`${prompt}${isOneLine(text) ? "" : "\n"}${text}`));
    },
    fail: (traceback) => write(tail.show(paintTraceback(traceback, colours))),
    end: () => write(tail.end()),
  };
}

/** A value written as code, in the colours of code; long ones and those in colours already as they are. */
function paintValue(text: string): string {
  if (text.length > longestPainted || text.includes("\x1b")) return text;
  const lines = highlight(text).map((pieces) =>
    pieces.map((piece) => paint(piece.text, piece.style, true)).join(""),
  );
  return lines.join("\n");
}

/** Neither lines nor a picture. */
function isOneLine(text: string): boolean {
  return !/\n|\x1b(?!\[)/.test(text);
}

/** Output to a pipe or a file: of a display that changes, what it shows first and last. */
export function createPlainOutput(presenter: Presenter, colours: boolean): Output {
  const changed = new Map<string, string>();
  const shown = new Map<string, string>();
  // as they are before anyone takes over what the process prints
  const writers = {
    stdout: process.stdout.write.bind(process.stdout),
    stderr: process.stderr.write.bind(process.stderr),
  };
  let atStart = true;
  const line = (text: string): void => {
    writers.stdout(`${atStart ? "" : "\n"}${text}\n`);
    atStart = true;
  };
  return {
    begin: () => undefined,
    print: (name, text) => {
      writers[name](text);
      if (name === "stdout" && text !== "") atStart = text.endsWith("\n");
    },
    show: (bundle, id) => {
      const text = presenter.present(bundle);
      if (id !== undefined) shown.set(id, text);
      if (text !== "") line(text);
    },
    update: (bundle, id) => changed.set(id, presenter.present(bundle)),
    clear: () => undefined,
    result: (bundle) => {
      const text = presenter.present(bundle);
      if (text !== "") line(text);
    },
    fail: (traceback) => void writers.stderr(`${paintTraceback(traceback, colours)}\n`),
    end: () => {
      for (const [id, text] of changed) if (shown.get(id) !== text) line(text);
      changed.clear();
    },
  };
}

/** A traceback, the name of the error in red. */
function paintTraceback(traceback: readonly string[], colours: boolean): string {
  const text = traceback.join("\n");
  if (text.includes("\x1b[")) return colours ? text : withoutColours(text);
  return text.replace(/^[\w$. ()]*(?:Error|Interrupted|Exception|Uncaught)\b/, (name) =>
    paint(name, "31;1", colours),
  );
}
