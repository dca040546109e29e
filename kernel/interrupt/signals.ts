import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { guard } from "./guard";
import { allowEnding } from "./interrupts";

/** A thread that hears the process's SIGINT. */
export interface Signals {
  /** Leaves SIGINT to Node again. */
  close(): Promise<void>;
}

/**
 * Takes Ctrl-C (SIGINT) from now on, also while the main thread runs a busy loop, which is ended then.
 * @param onInterrupt  what the main thread does about it
 */
export async function hearSignals(onInterrupt: () => void): Promise<Signals> {
  allowEnding();
  const worker = new Worker(join(__dirname, "worker.js"), { workerData: guard.memory });
  await once(worker, "message");
  worker.on("message", () => {
    worker.postMessage("taken");
    if (guard.hear()) onInterrupt();
  });
  worker.unref();
  return { close: async () => void (await worker.terminate()) };
}
