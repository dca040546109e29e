/** One writer in a folder of features: a file with its process's number. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { giveLock, takeLock } from "../../input/lockfile";

const LOCK_FILE = "features.lock";

/**
 * Works in a folder, which is made, while nobody else does. What a process has left that ended meanwhile is taken over.
 * @throws {Error} if another works there, in this process or another
 */
export async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  const file = resolve(folder, LOCK_FILE);
  const owner = await takeLock(file);
  if (owner !== undefined) throw busy(folder, owner);
  try {
    return await work();
  } finally {
    await giveLock(file);
  }
}

function busy(folder: string, pid: number): Error {
  return new Error(
    `Cannot compute features in "${folder}": expected nobody else at work there, got process ${pid === 0 ? "that begins" : pid}; if that is another program, remove "${join(folder, LOCK_FILE)}"`,
  );
}
