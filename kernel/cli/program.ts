/** What the kernel's commands share. */
import { Command, Option } from "commander";
import { KERNEL_NAME } from "./spec";

/** A command that works at one of Jupyter's places. */
export function placeCommand(name: string): Command {
  return createCommand(name)
    .addOption(
      new Option("--user", "Jupyter's data folder of this user (default)").conflicts(["sysPrefix", "prefix"]),
    )
    .addOption(
      new Option("--sys-prefix", "the environment of the python that has Jupyter").conflicts("prefix"),
    )
    .option("--prefix <folder>", "an environment's folder: the spec goes below its share/jupyter")
    .option("--name <name>", "what notebooks call the kernel", KERNEL_NAME);
}

/** A command `slimlab <name>`. */
export function createCommand(name: string): Command {
  return new Command(`slimlab ${name}`).showHelpAfterError("(--help tells more)").allowExcessArguments(false);
}

/** Runs a command; an error ends it in one line with exit code 1. */
export function runProgram(program: Command): void {
  program.parseAsync().catch((error: unknown) => {
    console.error(`slimlab: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
