import { questionOf, type Question } from "../language/question";
import { type Backend, type Host } from "./backend";
import { encodeImage } from "./images";
import { createTerminalOutput, type TerminalOutput } from "./output";
import { createPresenter } from "./present";
import { createReader, type Reader } from "./reader";
import { Terminal } from "./terminal";

/** Words that leave, as people try them. */
const leaving = new Set(["exit", "quit", "exit()", "quit()", ".exit"]);

export interface ShellOptions {
  readonly colours: boolean;
  /** What is told at the start. */
  readonly banner: string;
}

/**
 * A session in the terminal, until the user leaves.
 * @param start  makes the backend, while the first prompt is on the screen already
 */
export async function runShell(
  start: (host: Host) => Promise<Backend>,
  { colours, banner }: ShellOptions,
): Promise<void> {
  const terminal = new Terminal(process.stdin, process.stdout);
  const image = (png: Uint8Array): string | undefined =>
    encodeImage(png, terminal.graphics, terminal.columns);
  const output = createTerminalOutput(terminal, createPresenter({ colours, image }), colours);
  const reader = createReader(terminal, output, colours);
  terminal.raw();
  terminal.ask();
  output.show({ "text/plain": `${banner}\n\n` });
  reader.show(1);
  await drawn();
  takePrinted(output);
  const backend = await start({
    output,
    interactive: true,
    ask: (prompt, password) => reader.readLine(prompt, password),
    stray: (traceback) => output.fail(traceback),
  });
  try {
    await loop(backend, terminal, output, reader);
  } finally {
    terminal.close();
    await backend.close();
  }
}

async function loop(
  backend: Backend,
  terminal: Terminal,
  output: TerminalOutput,
  reader: Reader,
): Promise<void> {
  for (;;) {
    const code = await reader.readCell(backend);
    if (code === undefined || leaving.has(code.trim())) return;
    if (code.trim() === "") continue;
    const question = questionOf(code);
    output.begin();
    terminal.calm();
    if (question === undefined) await backend.run(code);
    else output.show({ "text/plain": await docsOf(question, backend) });
    output.end();
    output.print("stdout", "\n");
  }
}

async function docsOf({ name, detail }: Question, backend: Backend): Promise<string> {
  const found = await backend.inspect(name, name.length, detail);
  return found?.bundle["text/plain"] ?? `Nothing is known of "${name}"`;
}

/** Whatever the process prints goes above the prompt. */
function takePrinted(output: TerminalOutput): void {
  for (const name of ["stdout", "stderr"] as const) {
    const decoder = new TextDecoder();
    const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      output.print(name, typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
      const done = rest.at(-1);
      if (typeof done === "function") process.nextTick(done);
      return true;
    };
    Object.assign(process[name], { write });
  }
}

/** Lets the terminal take what was written, before a longer piece of work. */
function drawn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
