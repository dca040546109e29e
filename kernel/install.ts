import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

/**
 * Writes share/jupyter/kernels/slimlab/kernel.json under a prefix (a virtual environment), so that its
 * Jupyter offers "TypeScript (slimlab)". The file appears whole or not at all.
 * @returns the path of kernel.json
 */
export function installKernel(prefix: string): string {
  const spec = {
    argv: [process.execPath, join(__dirname, "main.js"), "{connection_file}"],
    display_name: "TypeScript (slimlab)",
    language: "typescript",
    interrupt_mode: "signal",
    env: { TF_CPP_MIN_LOG_LEVEL: "3" }, // TensorFlow's start-up notes would reach the notebook server's log
  };
  const folder = resolve(prefix, "share", "jupyter", "kernels", "slimlab");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "kernel.json");
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(spec, undefined, 2) + "\n");
  renameSync(`${path}.${process.pid}`, path);
  return path;
}

function main(): void {
  const { values } = parseArgs({ options: { prefix: { type: "string" } } });
  if (values.prefix === undefined) {
    console.error("Usage: node dist/kernel/install.js --prefix <folder of a virtual environment>");
    process.exitCode = 2;
    return;
  }
  console.log(installKernel(values.prefix));
}

if (require.main === module) main();
