/** Work on a file that one process and one call does at a time. */
import { readlink, rm, symlink } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { codeOf } from "./errorcode";
import { isRunning } from "./running";

/** What this process works on. */
const held = new Set<string>();

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
  const lock = `${file}.lock`;
  while (!(await take(lock))) await setTimeout(PAUSE_MS, undefined, { signal });
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
    held.delete(lock);
  }
}

/** Whether a lock is ours now; one of a process that is no more is taken away. It is a link to its process's number: made at once. */
async function take(lock: string): Promise<boolean> {
  if (held.has(lock)) return false;
  held.add(lock);
  try {
    await symlink(String(process.pid), lock);
    return true;
  } catch (error) {
    const owner = codeOf(error) === "EEXIST" ? await readlink(lock).catch(() => undefined) : undefined;
    held.delete(lock);
    if (codeOf(error) !== "EEXIST") throw error;
    if (owner !== undefined && !isRunning(Number(owner))) await rm(lock, { force: true });
    return false;
  }
}
