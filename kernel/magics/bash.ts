import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { isFollowed } from "../interrupt/children";

/** Where a script's output goes. */
export interface BashOptions {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** So long a script that was interrupted has to end by itself. */
const graceMs = 1000;

/** Runs a script in bash. @throws {Error} if it exits with another code than 0 */
export async function runBash(script: string, options: BashOptions): Promise<void> {
  const code = await runScript(script, options);
  if (code !== 0) throw new Error(`Cannot finish %%bash: expected exit code 0, got ${code}`);
}

/**
 * Runs a script in bash, its output passed on as it comes; all that it started is ended on an interrupt.
 * @returns its exit code, as a shell has it: of one that a signal ended, the signal's number less than 0
 */
export async function runScript(script: string, { write, writeError }: BashOptions): Promise<number> {
  const signal = currentSignal();
  signal?.throwIfAborted();
  const child = spawn("bash", ["-c", script], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  child.stdout.setEncoding("utf8").on("data", write);
  child.stderr.setEncoding("utf8").on("data", writeError);
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (!isFollowed(child)) kill(child.pid, "SIGINT");
    timer = setTimeout(() => kill(child.pid, "SIGKILL"), graceMs);
  };
  signal?.addEventListener("abort", end, { once: true });
  try {
    await once(child, "close");
  } finally {
    signal?.removeEventListener("abort", end);
    clearTimeout(timer);
  }
  signal?.throwIfAborted();
  const { exitCode, signalCode } = child;
  return exitCode ?? -constants.signals[signalCode ?? "SIGKILL"];
}

/** The AbortSignal of the cell that runs. */
function currentSignal(): AbortSignal | undefined {
  const signal: unknown = Reflect.get(globalThis, Symbol.for("Jupyter.signal"));
  return signal instanceof AbortSignal ? signal : undefined;
}

/** Ends a script with all that it has started, which is its process group. */
function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // it is gone already
  }
}
