/** Trainings in processes of their own that are stopped at some step. */
import { spawn } from "node:child_process";

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last number that it told. */
  readonly last: number;
  /** The end of its error output. */
  readonly errors: string;
}

/** When to stop a process: a moment after it has told a number. */
export interface Stop {
  readonly signal: NodeJS.Signals;
  readonly at: number;
}

/** Runs a script that takes a job as JSON and tells numbers, a line each, and sends it a signal if it is to be stopped. */
export function runStopped(script: string, job: object, stop?: Stop): Promise<Ending> {
  const child = spawn(process.execPath, [script, JSON.stringify(job)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "-1" },
  });
  let [errors, last, isSent] = ["", 0, false];
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  child.stdout.on("data", (chunk) => {
    last = Number(String(chunk).trim().split("\n").at(-1));
    if (stop === undefined || isSent || last < stop.at) return;
    isSent = true;
    setTimeout(() => child.kill(stop.signal), 25 * Math.random());
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, last, errors: errors.slice(-2000) }));
  });
}
