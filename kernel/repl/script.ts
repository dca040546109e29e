import { createInterface } from "node:readline/promises";
import { type Backend, type Ended, type Host } from "./backend";
import { createPlainOutput } from "./output";
import { createPresenter } from "./present";

/** Exit codes: what a shell script finds in `$?`. */
export const exitCodes: Readonly<Record<Ended | "usage", number>> = {
  ok: 0,
  error: 1,
  usage: 2,
  interrupted: 130,
};

/**
 * Runs cells without a prompt, one after the other, up to the first that fails.
 * @returns the exit code
 */
export async function runScript(
  start: (host: Host) => Promise<Backend>,
  cells: readonly string[],
  colours: boolean,
): Promise<number> {
  const output = createPlainOutput(createPresenter({ colours }), colours);
  const stray = (traceback: readonly string[]): void => {
    output.fail(traceback);
    process.exitCode = exitCodes.error;
  };
  const backend = await start({
    output,
    interactive: false,
    ask: createAsk(),
    stray,
  });
  const alive = setInterval(() => undefined, 2 ** 30); // a cell that waits is not at its end, nor is one interrupted
  let ended: Ended = "ok";
  for (const code of cells) {
    output.begin();
    ended = await backend.run(code);
    output.end();
    if (ended !== "ok") break;
  }
  clearInterval(alive);
  await backend.close();
  return exitCodes[ended];
}

/** Reads the lines that cells ask for from the standard input, with prompts on stderr: stdout is the script's. */
function createAsk(): Host["ask"] {
  let lines: AsyncIterator<string> | undefined;
  return async (prompt) => {
    process.stderr.write(prompt);
    lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const line = await lines.next();
    if (line.done !== true) return line.value;
    throw new Error("Cannot read input: expected a line, got the end of the standard input");
  };
}
