/** `slimlab install`: lets a Jupyter know of the kernel. */
import { type Place, dataFolder } from "./places";
import { placeCommand, runProgram } from "./program";
import { writeSpec } from "./spec";

interface Flags extends Place {
  readonly name: string;
  readonly displayName: string;
}

const program = placeCommand("install")
  .description(
    "Installs the kernel, so that Jupyter offers it. Nothing is copied: the kernelspec names this checkout.",
  )
  .option("--display-name <text>", "what people read", "TypeScript (slimlab)")
  .addHelpText(
    "after",
    "\nExamples:\n  slimlab install                  for all your Jupyters\n" +
      "  slimlab install --sys-prefix     for the activated environment only\n",
  )
  .action((flags: Flags) => {
    console.log(writeSpec(dataFolder(flags), flags));
  });

runProgram(program);
