import { questionOf } from "../language/question";
import { type Backend } from "./backend";
import { checked, completed, createEditor, press, type Editor, type Request } from "./editor/editor";
import { highlight } from "./editor/highlight";
import { render, type Frame } from "./editor/render";
import { type TerminalOutput } from "./output";
import { type Terminal } from "./terminal";

/** Reads cells, and the answers to cells' questions, from a terminal. */
export interface Reader {
  /** The next cell; undefined when the user leaves. */
  readCell(backend: Backend): Promise<string | undefined>;
  /** A line; undefined if the user gives none. */
  readLine(prompt: string, password: boolean): Promise<string | undefined>;
  /** Shows the prompt of a cell that can't be read yet. */
  show(cell: number): void;
}

/** How many earlier inputs Up and Ctrl-R know. */
const mostHistory = 5_000;

/** The keys that are left when a cell asks for a line. */
const lineRequests: readonly Request[] = ["check", "exit", "cancel", "clear", "suspend"];

export function createReader(terminal: Terminal, output: TerminalOutput, colours: boolean): Reader {
  return new TerminalReader(terminal, output, colours);
}

class TerminalReader implements Reader {
  readonly #terminal: Terminal;
  readonly #output: TerminalOutput;
  readonly #colours: boolean;
  #history: string[] | undefined;
  #killed = "";
  /** What is on the screen now, to be laid out anew when its size changes. */
  #frame: (() => Frame) | undefined;

  constructor(terminal: Terminal, output: TerminalOutput, colours: boolean) {
    this.#terminal = terminal;
    this.#output = output;
    this.#colours = colours;
    terminal.onResize(() => {
      if (this.#frame !== undefined) terminal.redraw(this.#frame());
    });
  }

  show(cell: number): void {
    this.#draw(createEditor([]), promptOf(cell));
  }

  async readCell(backend: Backend): Promise<string | undefined> {
    const history = (this.#history ??= [...(await backend.history(mostHistory))]);
    let editor = createEditor(history, this.#killed);
    this.#terminal.raw();
    for (;;) {
      const prompt = promptOf(backend.cell);
      if (!this.#terminal.keys.ready) this.#draw(editor, prompt);
      const key = await this.#terminal.keys.next();
      const step = key === undefined ? { editor, request: "exit" as const } : press(editor, key);
      editor = step.editor;
      if (step.request !== undefined) this.#draw(editor, prompt); // the answer may take its time
      switch (step.request) {
        case "check": {
          const { text } = editor.buffer;
          const result =
            text.trim() === "" ? { editor, run: true } : checked(editor, await this.#check(backend, text));
          editor = result.editor;
          if (!result.run) break;
          this.#killed = editor.killed;
          this.#accept(editor, prompt);
          if (text.trim() !== "" && history.at(-1) !== text) history.push(text);
          return text;
        }
        case "cancel":
          this.#accept(editor, prompt);
          editor = createEditor(history, editor.killed);
          break;
        case "exit":
          this.#accept(editor, prompt);
          return undefined;
        default:
          editor = await this.#answer(editor, step.request, backend);
      }
    }
  }

  async readLine(prompt: string, password: boolean): Promise<string | undefined> {
    const show = (text: string): string => (password ? "•".repeat(text.length) : text);
    let editor = createEditor([]);
    this.#output.freshLine();
    this.#terminal.raw();
    for (;;) {
      if (!this.#terminal.keys.ready) this.#draw(editor, prompt, show);
      const key = await this.#terminal.keys.next();
      if (key === undefined) return undefined;
      const step = press(editor, key);
      editor = { ...step.editor, search: undefined };
      if (step.request === undefined || !lineRequests.includes(step.request)) continue;
      if (step.request === "suspend" || step.request === "clear") continue;
      this.#accept(editor, prompt, show);
      this.#terminal.calm();
      return step.request === "check" ? editor.buffer.text : undefined;
    }
  }

  /** Completions, documentation and the like: what leaves the prompt where it is. */
  async #answer(editor: Editor, request: Request | undefined, backend: Backend): Promise<Editor> {
    const { text, cursor } = editor.buffer;
    if (request === "complete") return completed(editor, await backend.complete(text, cursor));
    if (request === "inspect") {
      const found = await backend.inspect(text, cursor, 1);
      return { ...editor, docs: found?.bundle["text/plain"] ?? "Nothing is known of what stands here" };
    }
    if (request === "clear") this.#terminal.clear();
    if (request === "suspend") this.#terminal.suspend();
    return editor;
  }

  async #check(backend: Backend, code: string): ReturnType<Backend["isComplete"]> {
    if (questionOf(code) !== undefined) return { status: "complete" };
    return backend.isComplete(code);
  }

  #draw(editor: Editor, prompt: string, show?: (text: string) => string): Frame {
    this.#frame = () => {
      const { columns, height } = this.#terminal;
      const lines = (code: string) =>
        show === undefined ? highlight(code) : [[{ text: show(code), style: "" }]];
      return render(editor, { columns, height, prompt, colours: this.#colours, highlight: lines });
    };
    const frame = this.#frame();
    this.#terminal.draw(frame);
    return frame;
  }

  /** The prompt stays as it is, without what stood below it. */
  #accept(editor: Editor, prompt: string, show?: (text: string) => string): void {
    const { rows } = this.#draw(
      { ...editor, menu: undefined, docs: undefined, search: undefined },
      prompt,
      show,
    );
    this.#terminal.leave();
    this.#frame = undefined;
    this.#output.typed(rows);
  }
}

function promptOf(cell: number): string {
  return `In [${cell}]: `;
}
