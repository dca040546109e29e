/** What training in two processes costs beside one, and what more would cost. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePorts } from "../kernel/wire/ports";
import type { StepBench } from "./step";

/** Seconds of one process's steps, of small exchanges, and the bytes of a step's gradients. */
export interface Measured {
  readonly alone: number[];
  readonly together: number[];
  readonly meeting: number[];
  readonly bytes: number;
}

/** What so many processes would do. */
export interface Prediction {
  readonly processes: number;
  readonly secondsAStep: number;
  /** Of the step, for exchanging what the backward pass does not hide. */
  readonly communicationShare: number;
  /** Images a second, of those of as many processes that exchange nothing. */
  readonly efficiency: number;
}

/** What the scaling bench gives. */
export interface Scaling {
  /** Of a step in each of two processes at once on this machine, without and with exchanging: minima. */
  readonly aloneSeconds: number;
  readonly togetherSeconds: number;
  readonly communicationShare: number;
  readonly megabytes: number;
  /** Of one exchange of two numbers between two processes. */
  readonly latencySeconds: number;
  /** Of an exchange, beside the backward pass that hides some of it. */
  readonly gigabitsPerSecond: number;
  readonly predictions: readonly Prediction[];
}

const MORE = [2, 4, 8, 16, 32, 64];

/**
 * Steps of ResNet-50 in two processes on this machine, and a prediction for more, each on such a share of a machine.
 * @param gigabits  of the network between the machines. @default what was measured on this one
 */
export async function benchScaling({ rounds, batch, side }: StepBench, gigabits?: number): Promise<Scaling> {
  const addresses = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
  const args = [batch, side, rounds].map(String);
  const [measured] = await Promise.all(addresses.map((_, rank) => runWorker(args, addresses, rank)));
  if (measured === undefined) throw new Error("Cannot bench scaling: expected measurements, got none");
  const { alone, together, meeting, bytes } = measured;
  const aloneSeconds = Math.min(...alone);
  const togetherSeconds = Math.max(Math.min(...together), aloneSeconds);
  const latencySeconds = Math.min(...meeting);
  const exchanging = togetherSeconds - aloneSeconds;
  const bits = 8 * bytes;
  // A ring of two sends each byte once: see secondsOf().
  const own = bits / Math.max(exchanging - latencySeconds, 1e-6) / 1e9;
  const gigabitsPerSecond = gigabits ?? own;
  const predictions = MORE.map((processes): Prediction => {
    const seconds = secondsOf(processes, bits / (gigabitsPerSecond * 1e9), latencySeconds);
    const secondsAStep = aloneSeconds + seconds;
    return { processes, secondsAStep, communicationShare: seconds / secondsAStep, efficiency: aloneSeconds / secondsAStep }; // prettier-ignore
  });
  const communicationShare = exchanging / togetherSeconds;
  return { aloneSeconds, togetherSeconds, communicationShare, megabytes: bytes / 1e6, latencySeconds, gigabitsPerSecond, predictions }; // prettier-ignore
}

/**
 * Seconds of a ring's exchange between n processes: 2 (n − 1) / n of the bytes go through each, in 2 (n − 1) turns, each of half
 * the latency of an exchange of two.
 * @param once  seconds for all bytes once
 */
function secondsOf(n: number, once: number, latency: number): number {
  return ((2 * (n - 1)) / n) * once + (n - 1) * latency;
}

/** A scaling as text. */
export function formatScaling(scaling: Scaling): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const rows = scaling.predictions.map(({ processes, secondsAStep, communicationShare, efficiency }) =>
    [String(processes), secondsAStep.toFixed(3), percent(communicationShare), percent(efficiency)],
  ); // prettier-ignore
  const head = ["processes", "s a step", "exchanging", "efficiency"];
  const table = [head, ...rows].map((row) => row.map((cell, i) => cell.padStart(head[i]?.length ?? 0)).join("  ")); // prettier-ignore
  return [
    `two processes on this machine, without exchanging: ${scaling.aloneSeconds.toFixed(3)} s a step`,
    `two processes on this machine, exchanging:         ${scaling.togetherSeconds.toFixed(3)} s a step, ${percent(scaling.communicationShare)} of it`,
    `${scaling.megabytes.toFixed(0)} MB of gradients; ${scaling.gigabitsPerSecond.toFixed(1)} Gbit/s; ${(1000 * scaling.latencySeconds).toFixed(2)} ms an exchange`,
    "",
    "predicted, with a ring: 2 (n - 1) / n x bytes / bandwidth + (n - 1) x latency",
    ...table,
  ].join("\n");
}

async function runWorker(
  args: readonly string[],
  worker: readonly string[],
  index: number,
): Promise<Measured> {
  const TF_CONFIG = JSON.stringify({ cluster: { worker }, task: { type: "worker", index } });
  const script = join(__dirname, "scalingworker.js");
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, TF_CONFIG } }); // prettier-ignore
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`Cannot bench scaling: expected worker ${index} to end well, got ${child.exitCode}`); // prettier-ignore
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- scalingworker.ts printed it
  return JSON.parse(text) as Measured;
}
