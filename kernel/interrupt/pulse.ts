import { clearInterval, setInterval } from "node:timers";
import { guard } from "./guard";

/** How often at most a turn of the event loop is noted, in ms. */
export const pulseMs = 20;

let running = 0;
let pulse: NodeJS.Timeout | undefined;

/** Runs a cell: meanwhile the thread that interrupts knows whether the main thread's event loop turns, and since when it does not. */
export async function followed<T>(work: () => Promise<T>): Promise<T> {
  guard.free();
  if (++running === 1) pulse = setInterval(() => guard.free(), pulseMs).unref();
  guard.followed = true;
  try {
    return await work();
  } finally {
    guard.followed = --running > 0;
    if (!guard.followed) clearInterval(pulse);
  }
}
