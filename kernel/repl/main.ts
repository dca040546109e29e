/** The command `slimlab repl`. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { codeOf } from "../errorcode";
import { type Backend, type Host } from "./backend";
import { createLocal } from "./local";
import { createRemote } from "./remote";
import { exitCodes, runScript } from "./script";
import { runShell } from "./shell";

// TensorFlow tells of its start-up on stderr, amid what cells print.
process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";

interface ReplOptions {
  readonly eval?: readonly string[];
  readonly kernel?: string;
}

const help = `
Keys: Enter runs what is complete, Alt-Enter or Ctrl-J opens a line. Tab completes, Ctrl-Q (or name?) shows
documentation. Up and Down walk through lines and history, Ctrl-R searches it. Ctrl-C stops the running cell, or clears
what is typed; Ctrl-D leaves.

Environment: NO_COLOR switches colours off. SLIMLAB_HISTORY is where the history is kept, or "off".

Exit codes: 0 all went well, 1 a cell failed, 2 wrong usage, 130 interrupted.`;

const program = new Command("slimlab repl")
  .description(
    "An interactive TypeScript session with the notebook's types, variables and displays. Runs a file, or what comes " +
      "through a pipe, as one cell, and prints the value of its last expression.",
  )
  .argument("[file]", "TypeScript to run")
  .option(
    "-e, --eval <code>",
    "run code and print its value; may be given again",
    (code, all: string[] = []) => [...all, code],
  )
  .option("--kernel <file>", "use the running kernel that this connection file tells of")
  .addHelpText("after", help)
  .showHelpAfterError("(--help tells more)")
  .allowExcessArguments(false)
  .exitOverride();

async function main(): Promise<number> {
  program.parse();
  const options: ReplOptions = program.opts();
  const [file] = program.args;
  if (file !== undefined && options.eval !== undefined)
    program.error("error: expected a file or --eval, got both");
  const { kernel } = options;
  const start = (host: Host): Promise<Backend> =>
    kernel === undefined ? createLocal(host) : createRemote(kernel, host);
  const colours = wantsColours();
  const cells = options.eval ?? (file === undefined ? undefined : [readScript(file)]);
  if (cells !== undefined) return runScript(start, cells, colours);
  if (!process.stdin.isTTY || !process.stdout.isTTY) return runScript(start, [readScript(0)], false);
  await runShell(start, {
    colours,
    banner: `slimlab: ${kernel === undefined ? `TypeScript in Node ${process.versions.node}` : `kernel of ${kernel}`}. Tab completes, name? tells more, Ctrl-D leaves.`,
  });
  return process.exit(exitCodes.ok); // who leaves does not wait for what cells left running
}

function readScript(file: string | 0): string {
  try {
    return readFileSync(file, "utf8").replace(/^#!.*/, "");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return program.error(`error: unknown command or file '${file}'`);
    return program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** By the custom of no-color.org, and only where there is a terminal to colour. */
function wantsColours(): boolean {
  const { NO_COLOR = "", TERM } = process.env;
  return process.stdout.isTTY && NO_COLOR === "" && TERM !== "dumb";
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error; // else the reader, such as head, has had enough
  process.exit();
});

main()
  .then((code) => {
    if (code !== exitCodes.ok) process.exit(code); // whatever the failed cell left running
    // else timers and servers of the script go on, and may still fail
  })
  .catch((error: unknown) => {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
    else {
      console.error(`slimlab: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = exitCodes.error;
    }
  });
