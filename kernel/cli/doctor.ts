/** `slimlab doctor`: is everything there that a notebook needs? */
import { findings, type Finding } from "./checks";
import { createCommand, runProgram } from "./program";
import { KERNEL_NAME } from "./spec";

const program = createCommand("doctor")
  .description(
    "Looks at every link of the chain from Node to a notebook's cell, and says what to do where one is broken. " +
      "Exit code 1 if one is.",
  )
  .option("--name <name>", "the kernel's name, if it was installed by another", KERNEL_NAME)
  .option("--json", "one JSON object in place of the lines")
  .action(({ name, json }: { readonly name: string; readonly json?: true }) => {
    const found: Finding[] = [];
    for (const finding of findings(name)) {
      found.push(finding);
      if (json !== true) console.log(lineOf(finding));
    }
    const ok = found.every((finding) => finding.ok);
    if (json === true) console.log(JSON.stringify({ ok, checks: found }, undefined, 2));
    process.exitCode = ok ? 0 : 1;
  });

function lineOf({ name, ok, found, remedy }: Finding): string {
  return `${ok ? "✓" : "✗"} ${name.padEnd(10)}  ${found}${remedy === undefined ? "" : ` — ${remedy}`}`;
}

runProgram(program);
