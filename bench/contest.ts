/** Contenders measured side by side, in turn, and their table. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { version } from "../src/tensorflow";
import { ownPython } from "./peers";

const root = path.resolve(__dirname, "../..");

/** One way of doing the same work. */
export interface Contender {
  readonly name: string;
  /** Whether it is another program's way, against which ours is judged. */
  readonly isPeer?: boolean;
  /** Does the work once and gives what it took: seconds, or what else the contest is about. */
  run(): Promise<number>;
  close?(): void | Promise<void>;
}

/** What a contender needed, over all rounds: seconds, or MB in a contest about memory. */
export interface Result {
  readonly name: string;
  readonly isPeer: boolean;
  readonly min: number;
  readonly median: number;
}

/** What contenders need and how it is shown. */
export interface Measure {
  readonly unit: "s" | "MB";
  readonly digits: number;
}

export const seconds: Measure = { unit: "s", digits: 3 };
export const megabytes: Measure = { unit: "MB", digits: 0 };

/** The first contender's minimum over the least of the peers'; undefined without any. */
export function ratioOf([ours, ...others]: readonly Result[]): number | undefined {
  const peers = others.filter(({ isPeer }) => isPeer).map(({ min }) => min);
  return ours === undefined || peers.length === 0 ? undefined : ours.min / Math.min(...peers);
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
  { unit, digits }: Measure = seconds,
): Promise<Result[]> {
  const taken = contenders.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round++) {
    const inOrder = [...contenders.entries()];
    for (const [i, contender] of round % 2 === 0 ? inOrder : inOrder.reverse()) {
      const amount = await contender.run();
      if (round >= 0) taken[i]?.push(amount);
      process.stderr.write(
        `${round < 0 ? "warm-up" : `round ${round + 1}/${rounds}`}  ${contender.name}  ${amount.toFixed(digits)} ${unit}\n`,
      );
    }
  }
  for (const contender of contenders) await contender.close?.();
  return contenders.map(({ name, isPeer = false }, i) => {
    const sorted = [...(taken[i] ?? [])].sort((a, b) => a - b);
    return { name, isPeer, min: sorted[0] ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? NaN };
  });
}

/** Seconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e9;
}

/** A program beside this one that works when it is told to. */
export interface Peer {
  /** Its process. */
  readonly pid: number;
  /** Has it do what a line says; gives the seconds of its answer. */
  ask(line: string): Promise<number>;
  /** Ends it and waits for its end. */
  close(): Promise<void>;
}

/** A program that says when it is ready, then answers each line with the seconds its work took. */
export async function startPeer(command: string, args: readonly string[]): Promise<Peer> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line: IteratorResult<string, unknown> = await lines.next();
    if (line.done === true) throw new Error(`Cannot measure "${args[0] ?? command}": expected an answer, got its end`); // prettier-ignore
    return line.value;
  };
  await next();
  return {
    pid: child.pid ?? NaN,
    async ask(line) {
      child.stdin.write(`${line}\n`);
      return Number(await next());
    },
    async close() {
      const ended = once(child, "close");
      child.kill();
      await ended;
    },
  };
}

/** A Python program of this folder; see {@link startPeer}. */
export function pythonPeer(script: string, args: readonly string[], python = ownPython()): Promise<Peer> {
  return startPeer(python, [path.join(root, "bench", script), ...args]);
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

/** The results as aligned text; a last column has what `rate` makes of the minima. */
export function format(
  results: readonly Result[],
  { unit, digits }: Measure = seconds,
  rate?: { readonly unit: string; readonly of: (min: number) => number },
): string {
  const rows = results.map(({ name, min, median }) => [
    name,
    min.toFixed(digits),
    median.toFixed(digits),
    ...(rate === undefined ? [] : [rate.of(min).toFixed(0)]),
  ]);
  const head = ["", `min ${unit}`, `median ${unit}`, ...(rate === undefined ? [] : [rate.unit])];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [head, ...rows].map(line).join("\n");
}
