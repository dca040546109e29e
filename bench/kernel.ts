/** Kernels side by side: ours, Python's ipykernel and stock tslab, as a front end sees them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { installKernel } from "../kernel/cli/spec";
import { inFolder } from "./folder";
import { ownPython } from "./peers";

const root = path.resolve(__dirname, "../..");

/** What one kernel needed: seconds of every time that it was measured; memory in MB before and after 1,000 cells. */
type Times = Readonly<Record<string, readonly number[]>>;

/** What is measured, in the order of the table. */
const MEASURES: Readonly<Record<string, string>> = {
  ready: "ready",
  first: "first cell",
  start: "process start to first result",
  sum: "process start to a tensor's sum",
  trivial: "trivial cell",
  complete: "completion",
  interrupt: "interrupt of a busy loop",
};

/** Minima and medians in milliseconds, by measure and kernel; growth in MB. */
export interface KernelBench {
  readonly kernels: readonly string[];
  readonly milliseconds: Readonly<
    Record<string, Readonly<Record<string, { readonly min: number; readonly median: number }>>>
  >;
  readonly growthMegabytes: Readonly<Record<string, number>>;
}

/** Measures all kernels in turn, `rounds` times. */
export function benchKernel(rounds: number): Promise<KernelBench> {
  return inFolder(async (folder) => {
    installKernel(folder);
    installTslab(folder);
    const times = await measure(folder, rounds);
    const kernels = Object.keys(times);
    const milliseconds = Object.fromEntries(
      Object.keys(MEASURES).map((measure) => [
        measure,
        Object.fromEntries(
          kernels.flatMap((name) => {
            const seconds = times[name]?.[measure] ?? [];
            return seconds.length === 0 ? [] : [[name, summary(seconds)]];
          }),
        ),
      ]),
    );
    const growthMegabytes = Object.fromEntries(
      Object.entries(times).map(([name, { memory: [before = NaN, after = NaN] = [] }]) => [
        name,
        after - before,
      ]),
    );
    return { kernels, milliseconds, growthMegabytes };
  });
}

/** tslab as its own installer would install it. */
function installTslab(folder: string): void {
  const spec = path.join(folder, "share", "jupyter", "kernels", "tslab");
  const tslab = path.join(root, "node_modules", "tslab", "bin", "tslab");
  mkdirSync(spec, { recursive: true });
  const argv = [process.execPath, tslab, "kernel", "--config-path={connection_file}"];
  const content = { argv, display_name: "tslab", language: "typescript" };
  writeFileSync(path.join(spec, "kernel.json"), JSON.stringify(content));
}

async function measure(folder: string, rounds: number): Promise<Readonly<Record<string, Times>>> {
  const ipython = path.join(folder, "ipython");
  mkdirSync(ipython);
  const script = path.join(root, "bench", "kernel.py");
  const contenders = ["slimlab=typescript", "python3=python", "tslab=typescript"];
  const program = spawn(ownPython(), [script, String(rounds), ...contenders], {
    cwd: folder,
    env: {
      ...process.env,
      JUPYTER_PATH: path.join(folder, "share", "jupyter"),
      JUPYTER_DATA_DIR: path.join(folder, "data"),
      JUPYTER_RUNTIME_DIR: path.join(folder, "runtime"),
      IPYTHONDIR: ipython,
      SLIMLAB_HISTORY: path.join(folder, "history.sqlite"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  program.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  await once(program, "close");
  const result: unknown = program.exitCode === 0 ? JSON.parse(text) : undefined;
  if (isTimes(result)) return result;
  throw new Error(`Cannot measure kernels: expected times of "${script}", got exit code ${program.exitCode}`);
}

function isTimes(value: unknown): value is Readonly<Record<string, Times>> {
  return typeof value === "object" && value !== null;
}

function summary(seconds: readonly number[]): { min: number; median: number } {
  const sorted = [...seconds].sort((a, b) => a - b).map((value) => 1000 * value);
  return { min: sorted[0] ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? NaN };
}

/** The result as an aligned table: minimum / median in ms for each kernel. */
export function formatKernels({ kernels, milliseconds, growthMegabytes }: KernelBench): string {
  const rows = Object.entries(MEASURES).map(([measure, title]) => [
    `${title} (ms)`,
    ...kernels.map((name) => {
      const times = milliseconds[measure]?.[name];
      return times === undefined ? "-" : `${digits(times.min)} / ${digits(times.median)}`;
    }),
  ]);
  const growth = [
    "growth over 1,000 cells (MB)",
    ...kernels.map((name) => digits(growthMegabytes[name] ?? NaN)),
  ];
  const table = [["min / median", ...kernels], ...rows, growth];
  const widths = kernels.map((_, i) => Math.max(...table.map((row) => row[i + 1]?.length ?? 0)));
  const first = Math.max(...table.map(([title = ""]) => title.length));
  return table
    .map(([title = "", ...cells]) =>
      [title.padEnd(first), ...cells.map((cell, i) => cell.padStart(widths[i] ?? 0))].join("  "),
    )
    .join("\n");
}

const digits = (value: number): string => value.toFixed(Math.abs(value) < 100 ? 1 : 0);

/** The machine, without loading TensorFlow. */
export const kernelMachine = () => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  node: process.version,
});
