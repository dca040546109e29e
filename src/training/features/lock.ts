/** One writer in a folder of features: a file with its process's number. */
import { readFileSync, statSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { codeOf } from "../../input/errorcode";
import { isRunning } from "../../input/running";

const LOCK_FILE = "features.lock";

const locked = new Set<string>(); // by this process

/**
 * Works in a folder, which is made, while nobody else does. What a process has left that ended meanwhile is taken over.
 * @throws {Error} if another works there, in this process or another
 */
export async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  await lock(folder);
  try {
    return await work();
  } finally {
    await unlock(folder);
  }
}

async function lock(folder: string): Promise<void> {
  const file = resolve(folder, LOCK_FILE);
  if (locked.has(file)) throw busy(folder, process.pid);
  locked.add(file);
  try {
    if (await isNew(file)) return;
    const name = identityOf(file); // before its writer is read: the one that is judged
    const writer = Number(readFileSync(file, "utf8")); // 0: it has not written yet
    if (writer === 0 || isRunning(writer) || !(await isTakenOver(file, name))) throw busy(folder, writer);
  } catch (error) {
    locked.delete(file);
    throw codeOf(error) === "ENOENT" ? busy(folder, 0) : error; // given up since
  }
}

async function unlock(folder: string): Promise<void> {
  const file = resolve(folder, LOCK_FILE);
  await rm(file, { force: true });
  locked.delete(file);
}

async function isNew(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Puts this process's lock in the place of an abandoned one. Only who has made the file named after that one may. */
async function isTakenOver(file: string, name: string): Promise<boolean> {
  const right = `${file}.${name}`;
  if (!(await isNew(right))) return false;
  try {
    if (identityOf(file) !== name) return false;
    await writeFile(`${file}.${process.pid}`, String(process.pid));
    await rename(`${file}.${process.pid}`, file);
    return true;
  } finally {
    await rm(right);
  }
}

function identityOf(file: string): string {
  const { ino, mtimeNs } = statSync(file, { bigint: true });
  return `${ino}-${mtimeNs}`;
}

function busy(folder: string, pid: number): Error {
  return new Error(
    `Cannot compute features in "${folder}": expected nobody else at work there, got process ${pid === 0 ? "that begins" : pid}; if that is another program, remove "${join(folder, LOCK_FILE)}"`,
  );
}
