import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installKernel } from "../../kernel/cli/spec";
import { python } from "../python";
import { temporaryFolder } from "../temporary";

export interface Output {
  readonly output_type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly text?: string;
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: readonly string[];
}

export interface Run {
  readonly status: number | null;
  readonly stderr: string;
  /** The outputs of each cell; absent if the run stopped with an error. */
  readonly outputs: readonly (readonly Output[])[];
  /** Where the executed notebook is. */
  readonly path: string;
}

/** Executes cells in a fresh kernel with nbconvert, as `npm run finetune` does; in a new folder unless one is given. */
export async function runCells(
  cells: readonly string[],
  flags: readonly string[] = [],
  folder = temporaryFolder("kernel"),
): Promise<Run> {
  const source = join(folder, "cells.ipynb");
  const path = join(folder, "run.ipynb");
  writeFileSync(source, JSON.stringify(createNotebook(cells)));
  installKernel(folder);
  const args = ["-m", "nbconvert", "--to", "notebook", "--execute", "--output", path, ...flags, source];
  const env = { JUPYTER_PATH: join(folder, "share", "jupyter"), JUPYTER_DATA_DIR: join(folder, "data") };
  return {
    ...(await runJupyter(args, env)),
    path,
    outputs: existsSync(path) ? readCells(path).map((cell) => cell.outputs) : [],
  };
}

/** A notebook of code cells, as on disk. */
export function createNotebook(cells: readonly string[]): object {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: "slimlab", display_name: "TypeScript (slimlab)", language: "typescript" },
    },
    cells: cells.map((source, index) => ({
      id: `cell-${index}`,
      cell_type: "code",
      source,
      metadata: {},
      outputs: [],
      execution_count: null,
    })),
  };
}

/** What a kernel says whose port another program got: Jupyter holds none of those that it has found. */
const portTaken = /another program has it; start the kernel again/;

/** Runs a Python program of Jupyter's that starts a kernel; again if the kernel had no port, before the program waits for it. */
export async function runJupyter(args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string) {
  for (;;) {
    const program = spawn(python ?? "python3", args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
      cwd,
    });
    let stderr = "";
    program.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (portTaken.test(stderr)) program.kill("SIGKILL");
    });
    await once(program, "close");
    if (!portTaken.test(stderr)) return { status: program.exitCode, stderr };
  }
}

/** A cell of a notebook on disk. */
export interface Cell {
  readonly type: string;
  readonly source: string;
  /** Of a code cell; others have none. */
  readonly outputs: readonly Output[];
}

/** The cells of a notebook on disk. */
export function readCells(path: string): readonly Cell[] {
  const notebook: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!isNotebook(notebook)) throw new TypeError(`Cannot read cells: expected a notebook in "${path}"`);
  return notebook.cells.map(({ cell_type, source, outputs = [] }) => ({
    type: cell_type,
    source: typeof source === "string" ? source : source.join(""),
    outputs: outputs.map(joinLines),
  }));
}

function isNotebook(
  value: unknown,
): value is { cells: { cell_type: string; source: Text; outputs?: RawOutput[] }[] } {
  return typeof value === "object" && value !== null && "cells" in value;
}

type Text = string | readonly string[];
type RawOutput = Omit<Output, "text" | "data"> & { text?: Text; data?: Record<string, unknown> };

/** nbformat stores texts as lists of lines. */
function joinLines({ text, data = {}, ...rest }: RawOutput): Output {
  const joined = Object.entries(data).map(([type, value]): [string, unknown] => [
    type,
    Array.isArray(value) ? value.join("") : value,
  ]);
  const lines = text === undefined ? {} : { text: typeof text === "string" ? text : text.join("") };
  return { ...rest, ...lines, data: Object.fromEntries(joined) };
}
