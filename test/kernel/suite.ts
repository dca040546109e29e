import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { installKernel } from "../../kernel/cli/spec";
import { python } from "../python";
import { temporaryFolder } from "../temporary";

/** How a test of a Python suite ended. */
export interface Result {
  readonly name: string;
  readonly result: "passed" | "skipped" | "failed";
  readonly detail: string | null;
}

/** A Jupyter environment in which nothing but our kernel is seen, and which writes nothing elsewhere. */
export function kernelEnvironment(): NodeJS.ProcessEnv {
  const folder = temporaryFolder("suite");
  installKernel(folder);
  return {
    ...process.env,
    JUPYTER_PATH: join(folder, "share", "jupyter"),
    JUPYTER_DATA_DIR: join(folder, "data"),
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    IPYTHONDIR: join(folder, "ipython"),
  };
}

/** Runs a Python suite of this folder over our kernel; it prints a line of JSON for each of its tests. */
export async function runSuite(file: string): Promise<readonly Result[]> {
  const path = resolve(__dirname, "../../../test/kernel", file);
  const program = spawn(python ?? "python3", [path, "slimlab"], {
    env: kernelEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(program, "close");
  const results: Result[] = [];
  for await (const line of createInterface({ input: program.stdout })) {
    const value: unknown = JSON.parse(line);
    if (isResult(value)) results.push(value);
  }
  await closed;
  return results;
}

function isResult(value: unknown): value is Result {
  return typeof value === "object" && value !== null && "name" in value && "result" in value;
}
