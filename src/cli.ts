#!/usr/bin/env node
/** The command `slimlab`. */
import { Command } from "commander";
import { addNewCommand } from "./cli/new";
import { addPredictCommand } from "./cli/predict";
import { addRecordsCommand } from "./cli/records";
import { versionText, versions } from "./cli/version";

// TensorFlow tells of its start-up on stderr, between the lines of the progress bar.
process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "3";

const program = new Command("slimlab")
  .description("Notebooks that fine-tune and inspect a network in TypeScript: their kernel, and their data.")
  .version(versions().slimlab, "-V, --version", "print the version")
  .executableDir("../kernel")
  .showHelpAfterError("(--help tells more)");
// The kernel's commands are programs of its own: neither half of the project imports the other.
program
  .command(
    "setup",
    "make what notebooks need beside the package: the Python environment, the addon, the kernel",
    {
      executableFile: "../../scripts/setup",
    },
  )
  .command("lab", "open JupyterLab in this folder (sets up first)", { executableFile: "../../scripts/lab" })
  .command("install", "install the kernel, so that Jupyter offers it", { executableFile: "cli/install.js" })
  .command("uninstall", "take the kernel away from Jupyter again", { executableFile: "cli/uninstall.js" })
  .command("doctor", "look whether everything is there that a notebook needs", {
    executableFile: "cli/doctor.js",
  })
  .command("repl", "an interactive session in the terminal (also without any command)", {
    executableFile: "repl/main.js",
    isDefault: true,
  });
addNewCommand(program);
addRecordsCommand(program);
addPredictCommand(program);
program
  .command("version")
  .description("print the versions of slimlab and of what it runs on")
  .action(() => console.log(versionText()));

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`slimlab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

// A terminal sends an interrupt to the whole group: the program that was started has it already.
if (process.stdin.isTTY) {
  process.removeAllListeners("SIGINT");
  process.on("SIGINT", () => undefined);
}
