/** `slimlab uninstall`: takes away what `slimlab install` wrote. */
import { type Place, dataFolder } from "./places";
import { placeCommand, runProgram } from "./program";
import { removeSpec } from "./spec";

const program = placeCommand("uninstall")
  .description(
    "Takes the kernelspec away again, from the place to which it was installed; other kernels stay.",
  )
  .action((flags: Place & { readonly name: string }) => {
    console.log(removeSpec(dataFolder(flags), flags.name));
  });

runProgram(program);
