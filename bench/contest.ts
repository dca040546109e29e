/** Contenders measured side by side, in turn, and their table. */
import { spawn } from "node:child_process";
import { cpus } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { version } from "../src/tensorflow";
import { ownPython } from "./peers";

/** One way of doing the same work. */
export interface Contender {
  readonly name: string;
  /** Does the work once and gives its seconds. */
  run(): Promise<number>;
  close?(): void | Promise<void>;
}

/** What a contender needed, over all rounds. */
export interface Result {
  readonly name: string;
  readonly minSeconds: number;
  readonly medianSeconds: number;
}

/**
 * Lets the contenders run in turn, so that a machine's drift meets them all alike; every other round from the last to the
 * first, so that none always follows the same one and has its caches and memory as that left them.
 * @param rounds   counted rounds
 * @param warmUps  rounds before, not counted
 */
export async function contest(
  contenders: readonly Contender[],
  rounds: number,
  warmUps: number,
): Promise<Result[]> {
  const seconds = contenders.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round++) {
    const inOrder = [...contenders.entries()];
    for (const [i, contender] of round % 2 === 0 ? inOrder : inOrder.reverse()) {
      const taken = await contender.run();
      if (round >= 0) seconds[i]?.push(taken);
      process.stderr.write(
        `${round < 0 ? "warm-up" : `round ${round + 1}/${rounds}`}  ${contender.name}  ${taken.toFixed(3)} s\n`,
      );
    }
  }
  for (const contender of contenders) await contender.close?.();
  return contenders.map(({ name }, i) => {
    const sorted = [...(seconds[i] ?? [])].sort((a, b) => a - b);
    return {
      name,
      minSeconds: sorted[0] ?? NaN,
      medianSeconds: sorted[Math.floor(sorted.length / 2)] ?? NaN,
    };
  });
}

/** Seconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e9;
}

/** A Python program of this folder that says when it is ready, then answers each line with the seconds its work took. */
export async function pythonPeer(
  script: string,
  args: readonly string[],
  python = ownPython(),
): Promise<{ ask(line: string): Promise<number>; close(): void }> {
  const root = path.resolve(__dirname, "../..");
  const child = spawn(python, [path.join(root, "bench", script), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line: IteratorResult<string, unknown> = await lines.next();
    if (line.done === true) throw new Error(`Cannot measure "${script}": expected an answer, got its end`);
    return line.value;
  };
  await next();
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      return Number(await next());
    },
    close: () => child.kill(),
  };
}

/** The machine and the versions, for the head of a table. */
export function machine(): {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly tensorflow: string;
} {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    tensorflow: version(),
  };
}

/** The results as aligned text; `unit` of the third column is computed from seconds by `rate`. */
export function format(
  results: readonly Result[],
  rate?: { readonly unit: string; readonly of: (seconds: number) => number },
): string {
  const rows = results.map(({ name, minSeconds, medianSeconds }) => [
    name,
    minSeconds.toFixed(3),
    medianSeconds.toFixed(3),
    ...(rate === undefined ? [] : [rate.of(minSeconds).toFixed(0)]),
  ]);
  const head = ["", "min s", "median s", ...(rate === undefined ? [] : [rate.unit])];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [head, ...rows].map(line).join("\n");
}
