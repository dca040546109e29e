import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "../../..");
const installed = join(root, ".venv", "bin", "python");

/** The Python that has Jupyter: the one set-up made, or $SLIMLAB_PYTHON; undefined if there is none. */
export const python = process.env["SLIMLAB_PYTHON"] ?? (existsSync(installed) ? installed : undefined);

/** Why tests of the kernel are skipped, false if they are not. */
export const skip =
  python === undefined && "no .venv/bin/python and no SLIMLAB_PYTHON: run scripts/setup for Jupyter";

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

/** Executes cells in a fresh kernel with nbconvert, as `npm run finetune` does. */
export function runCells(cells: readonly string[], flags: readonly string[] = []): Run {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-kernel-"));
  const source = join(folder, "cells.ipynb");
  const path = join(folder, "run.ipynb");
  writeFileSync(source, JSON.stringify(createNotebook(cells)));
  run(join(root, "dist", "kernel", "install.js"), ["--prefix", folder], process.execPath);
  const { status, stderr } = run(
    "-m",
    ["nbconvert", "--to", "notebook", "--execute", "--output", path, ...flags, source],
    python ?? "python3",
    { JUPYTER_PATH: join(folder, "share", "jupyter"), JUPYTER_DATA_DIR: join(folder, "data") },
  );
  return { status, stderr, path, outputs: existsSync(path) ? readOutputs(path) : [] };
}

function createNotebook(cells: readonly string[]): object {
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

function run(first: string, rest: readonly string[], command: string, env: NodeJS.ProcessEnv = {}) {
  const options = { encoding: "utf8" as const, env: { ...process.env, ...env } };
  return spawnSync(command, [first, ...rest], options);
}

function readOutputs(path: string): readonly (readonly Output[])[] {
  const notebook: { cells: { outputs: RawOutput[] }[] } = JSON.parse(readFileSync(path, "utf8"));
  return notebook.cells.map((cell) => cell.outputs.map(joinLines));
}

type Text = string | readonly string[];
type RawOutput = Omit<Output, "text" | "data"> & { text?: Text; data?: Record<string, unknown> };

/** nbformat stores texts as lists of lines. */
function joinLines({ text, data = {}, ...rest }: RawOutput): Output {
  const joined = Object.entries(data).map(([type, value]) => [
    type,
    Array.isArray(value) ? value.join("") : value,
  ]);
  const lines = text === undefined ? {} : { text: typeof text === "string" ? text : text.join("") };
  return { ...rest, ...lines, data: Object.fromEntries(joined) };
}
