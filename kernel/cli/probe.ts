/**
 * Starts a kernel, lets it compute 1 + 1 and ends it; prints the seconds as JSON. A program of its own, since what is
 * broken may take a process with it.
 *
 *     node dist/kernel/cli/probe.js <argv of a kernelspec as JSON>
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { capability, curveKeyPair } from "zeromq";
import { writeConnection } from "../wire/newconnection";
import { Client } from "./client";

/** What the program prints. */
export interface Probe {
  /** From the start of the process to its first reply. */
  readonly readySeconds: number;
  /** The first cell, which warms the compiler up. */
  readonly cellSeconds: number;
  /** What `1 + 1` gave. */
  readonly answer: string;
}

const TIMEOUT_MS = 30_000;

async function probe(argv: readonly string[]): Promise<Probe> {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-probe-"));
  const file = join(folder, "connection.json");
  const connection = await writeConnection(file, capability.curve === true ? curveKeyPair() : undefined);
  const began = performance.now();
  const [command = "", ...rest] = argv.map((word) => (word === "{connection_file}" ? file : word));
  const kernel = spawn(command, rest, { stdio: ["ignore", "ignore", "inherit"] });
  const client = new Client(connection);
  try {
    return await Promise.race([ask(client, began), failure(kernel), tooLate()]);
  } finally {
    await end(client, kernel);
    rmSync(folder, { recursive: true });
  }
}

async function ask(client: Client, began: number): Promise<Probe> {
  await client.request("shell", "kernel_info_request", {});
  const ready = performance.now();
  await hearing(client);
  const answer = resultOf(client);
  await client.request("shell", "execute_request", {
    code: "1 + 1",
    silent: false,
    store_history: false,
    user_expressions: {},
    allow_stdin: false,
    stop_on_error: true,
  });
  const text = await answer;
  return {
    readySeconds: (ready - began) / 1000,
    cellSeconds: (performance.now() - ready) / 1000,
    answer: text,
  };
}

/** Waits until the kernel's messages to all arrive: a subscription takes its time, and what was sent before is lost. */
async function hearing(client: Client): Promise<void> {
  const heard = client.published();
  while ((await Promise.race([heard, sleep(50)])) === undefined) {
    await client.request("shell", "kernel_info_request", {});
  }
}

async function resultOf(client: Client): Promise<string> {
  for (;;) {
    const { type, content } = await client.published();
    if (type === "error") return `${String(content["ename"])}: ${String(content["evalue"])}`;
    const data = content["data"];
    if (type === "execute_result" && typeof data === "object" && data !== null) {
      return String(Reflect.get(data, "text/plain"));
    }
  }
}

async function failure(kernel: ChildProcess): Promise<never> {
  await once(kernel, "exit"); // rejects if the program can't be started at all
  throw new Error(`the kernel ended with exit code ${kernel.exitCode ?? kernel.signalCode}`);
}

async function tooLate(): Promise<never> {
  await sleep(TIMEOUT_MS, undefined, { ref: false });
  throw new Error(`the kernel did not answer within ${TIMEOUT_MS / 1000} s`);
}

async function end(client: Client, kernel: ChildProcess): Promise<void> {
  const gone = once(kernel, "exit").catch(() => undefined);
  const timer = setTimeout(() => kernel.kill("SIGKILL"), 2000);
  if (kernel.exitCode === null && kernel.signalCode === null && kernel.pid !== undefined) {
    void client.request("control", "shutdown_request", { restart: false }).catch(() => undefined);
    await gone;
  }
  clearTimeout(timer);
  client.close();
}

const words: unknown = JSON.parse(process.argv[2] ?? "[]");
probe(Array.isArray(words) ? words.map(String) : []).then(
  (result) => console.log(JSON.stringify(result)),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
