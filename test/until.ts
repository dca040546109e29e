import { setTimeout as sleep } from "node:timers/promises";

/** Waits until something holds, however slow the machine is; a minute without it is an error that says what was awaited. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Cannot go on: expected ${what} within a minute, got none`);
    await sleep(5);
  }
}
