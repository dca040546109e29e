import { parentPort, workerData } from "node:worker_threads";
import { createInterrupter, onInterruptSignal } from "./interrupter";

/** The thread that hears Ctrl-C while the main thread is busy: for sessions without Jupyter's sockets. */
function main(guardMemory: unknown): void {
  if (parentPort === null || !(guardMemory instanceof SharedArrayBuffer)) {
    throw new TypeError("Cannot start: expected to be a worker with the memory of the main thread's guard");
  }
  const port = parentPort;
  const interrupter = createInterrupter(() => port.postMessage("interrupt"), { guard: guardMemory });
  port.on("message", () => interrupter.taken());
  onInterruptSignal(() => interrupter.interrupt());
  port.postMessage("ready");
}

main(workerData);
