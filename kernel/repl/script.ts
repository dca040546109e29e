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
    colours,
    remembers: false,
    ask: () => Promise.resolve(undefined),
    stray,
  });
  let ended: Ended = "ok";
  for (const code of cells) {
    output.begin();
    ended = await backend.run(code);
    output.end();
    if (ended !== "ok") break;
  }
  await backend.close();
  return exitCodes[ended];
}
