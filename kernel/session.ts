import { inspect } from "node:util";
import { createConverter, type CompletionInfo, type Converter } from "tslab/dist/converter";
import { createExecutor, type ConverterSet, type Executor } from "tslab/dist/executor";
import { expandShorthand } from "./shorthand";

/** How a cell ended. The error has the fields of Jupyter's `error` message. */
export type Outcome =
  | { readonly status: "ok"; readonly value: unknown }
  | {
      readonly status: "error";
      readonly ename: string;
      readonly evalue: string;
      readonly traceback: readonly string[];
    };

/** Cells run one after the other over the same variables. */
export interface Session {
  readonly executor: Executor;
  /** Type-checks and runs a cell; its value is its last expression's, undefined if it has none. */
  run(code: string): Promise<Outcome>;
  /** What may stand at a position of a cell; nothing where tslab 1.0.22 fails, which it does at imports that it would add. */
  complete(code: string, position: number): CompletionInfo;
}

/** tslab's format for a type error: file, line, column, text. */
const diagnosticFormat = "%s%d:%d - %s";

/** A line of a stack that is not the user's: Node's, tslab's or ours. */
const kernelFrame = /^\s+at .*(node:|[\\/]tslab[\\/]dist[\\/]|[\\/]dist[\\/]kernel[\\/])/;

/** Makes a for await loop count as a top-level await, which tslab 1.0.22 does not see by itself. */
const awaitPrefix = "await null; ";

/**
 * Starts tslab's TypeScript executor in the working directory, from which imports are resolved.
 * @param display  what the cells' global `display(value)` does; a cell waits for what it returns
 */
export async function createSession(display: (value: unknown) => void | Promise<void>): Promise<Session> {
  let value: unknown;
  let errors: (readonly unknown[])[] = [];
  let displays: Promise<void>[] = [];
  let failures: Outcome[] = [];
  const executor = createExecutor(process.cwd(), createConverters(), {
    log: (last: unknown) => {
      value = last;
    },
    error: (...message) => errors.push(message),
  });

  async function run(code: string): Promise<Outcome> {
    [value, errors, displays, failures] = [undefined, [], [], []];
    const prefix = /\bfor\s+await\b/.test(code) && !code.includes("@module") ? awaitPrefix : "";
    const expanded = expandShorthand(code);
    const ok = await executor.execute(prefix + expanded.code);
    await Promise.allSettled(displays);
    if (!ok)
      return describeError(errors, code, (line, column) =>
        expanded.columnOf(line, column - (line === 1 ? prefix.length : 0)),
      );
    const isDisplay = displays.some((done) => done === value); // a cell that ends in display(x) has no value
    return failures[0] ?? { status: "ok", value: isDisplay ? undefined : value };
  }

  function complete(code: string, position: number): CompletionInfo {
    try {
      return executor.complete(code, position);
    } catch {
      return { start: position, end: position, candidates: [] };
    }
  }

  await run("declare function display(value: unknown): Promise<void>;");
  Object.assign(executor.locals, {
    display: (shown: unknown): Promise<void> => {
      const done = display(shown) ?? Promise.resolve();
      done.catch((error: unknown) => failures.push(describeThrown(error))); // fails the cell, awaited or not
      displays.push(done);
      return done;
    },
  });
  return { executor, run, complete };
}

/** An error as the fields of Jupyter's `error` message, its stack without the kernel's own frames. */
export function describeThrown(thrown: unknown): Extract<Outcome, { status: "error" }> {
  if (!(thrown instanceof Error)) {
    const text = typeof thrown === "string" ? thrown : inspect(thrown);
    return { status: "error", ename: "Error", evalue: text, traceback: [`Uncaught ${text}`] };
  }
  const traceback: string[] = [];
  for (const line of inspect(thrown).split("\n")) {
    if (!kernelFrame.test(line)) traceback.push(line.replace("evalmachine.<anonymous>", "cell"));
    else if (line.endsWith(" {")) traceback.push(`${traceback.pop() ?? ""} {`); // the error's own fields follow
  }
  return { status: "error", ename: thrown.name, evalue: thrown.message, traceback };
}

function describeError(
  errors: readonly (readonly unknown[])[],
  code: string,
  columnOf: (line: number, column: number) => number,
): Outcome {
  const [first] = errors;
  if (first?.[0] !== diagnosticFormat) return describeThrown(first?.[0]);
  const lines = code.split("\n");
  const reports = errors.map(([, file, line, column, text]) => {
    const at = file === "" ? columnOf(Number(line), Number(column)) : Number(column);
    const source = file === "" ? `\n    ${lines[Number(line) - 1] ?? ""}\n    ${" ".repeat(at - 1)}^` : "";
    return `${String(file)}${String(line)}:${at} - ${String(text)}${source}`;
  });
  return {
    status: "error",
    ename: "TypeScriptError",
    evalue: String(first[4]),
    traceback: ["TypeScriptError: the cell was not run", ...reports],
  };
}

function createConverters(): ConverterSet {
  const node = createConverter({ isJS: false });
  let browser: Converter | undefined;
  return {
    node,
    get browser() {
      return (browser ??= createConverter({ isJS: false, isBrowser: true }));
    },
    close: () => {
      node.close();
      browser?.close();
    },
  };
}
