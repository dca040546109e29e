#!/usr/bin/env node
/** The command `slimlab`. */
import { Command } from "commander";
import { addRecordsCommand } from "./cli/records";

// TensorFlow tells of its start-up on stderr, between the lines of the progress bar.
process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";

const program = new Command("slimlab")
  .description("Prepares data for notebooks that fine-tune and inspect a ResNet.")
  .showHelpAfterError("(--help tells more)");
addRecordsCommand(program);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`slimlab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
