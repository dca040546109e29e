/** Processes of a cluster on this machine, each a script of this folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePorts } from "../../kernel/wire/ports";

const LONGEST_MS = 90_000;

/** A process under way. */
export interface Started {
  /** The next line that it prints, parsed; undefined when it has ended. */
  next(): Promise<unknown>;
  /** Ends it as a power cut would. */
  kill(): void;
  /** How it ended, with all that it printed, parsed, and its error output. */
  readonly end: Promise<{ readonly code: number | null; readonly lines: readonly unknown[]; readonly errors: string }>; // prettier-ignore
}

/** Addresses of this machine that were free just now. */
export async function freeAddresses(count: number): Promise<string[]> {
  return (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
}

/** A TF_CONFIG of workers. */
export function workerConfig(addresses: readonly string[], index: number): string {
  return JSON.stringify({ cluster: { worker: addresses }, task: { type: "worker", index } });
}

/** Starts `test/distribute/<script>.js` with arguments; what it prints are lines of JSON. */
export function start(script: string, args: readonly string[], config: string): Started {
  const { TF_CONFIG: _, ...environment } = process.env;
  const child = spawn(process.execPath, ["--expose-gc", join(__dirname, `${script}.js`), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environment, TF_CONFIG: config, TF_CPP_MIN_LOG_LEVEL: "3", CUDA_VISIBLE_DEVICES: "-1" },
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS); // whatever goes wrong, the test ends
  child.once("close", () => clearTimeout(limit));
  const lines: unknown[] = [];
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(JSON.parse(line)));
  const ended = once(reader, "close");
  const end = Promise.all([once(child, "close"), ended]).then(() => ({ code: child.exitCode, lines, errors })); // prettier-ignore
  let read = 0;
  return {
    next: async () => {
      const at = read++;
      while (lines.length <= at && child.exitCode === null && child.signalCode === null)
        await Promise.race([once(reader, "line"), end]);
      return lines[at];
    },
    kill: () => void child.kill("SIGKILL"),
    end,
  };
}
