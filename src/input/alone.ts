/** Work on a file that one process and one call does at a time. */
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { endedBy } from "../interrupt";
import { giveLock, takeLock } from "./lockfile";

const PAUSE_MS = 100;

/**
 * Does work once no other does any on the same file, in this process or another; `<file>.lock` stands beside it meanwhile.
 * @param signal  ends the waiting
 * @throws {Error} of the disk, if the lock can't be written, or of the work
 */
export async function alone<T>(
  file: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const lock = resolve(`${file}.lock`);
  while ((await takeLock(lock)) !== undefined)
    await endedBy(signal, setTimeout(PAUSE_MS, undefined, { signal }));
  try {
    return await work();
  } finally {
    await giveLock(lock);
  }
}
