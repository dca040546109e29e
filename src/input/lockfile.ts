/** A file that stands for who works on something: it has the number of that process. */
import { readFileSync, statSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { codeOf } from "./errorcode";
import { isRunning } from "./running";

const locked = new Set<string>(); // by this process

/** In less each process writes its number; an older lock without one is of a process that ended before. */
const BEGINNING_MS = 10_000;

/**
 * Takes a lock, also one that a process has left that ended meanwhile; without waiting. Its folder must be there.
 * @param file  whole path
 * @returns undefined if it is ours now, or else the number of the process that has it, 0 where that is not known yet
 * @throws {Error} of the disk
 */
export async function takeLock(file: string): Promise<number | undefined> {
  if (locked.has(file)) return process.pid;
  locked.add(file);
  let owner: number | undefined = 0;
  try {
    owner = await ownerOf(file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error; // given up since
  } finally {
    if (owner !== undefined) locked.delete(file);
  }
  return owner;
}

/** Gives up a lock that takeLock() has taken. */
export async function giveLock(file: string): Promise<void> {
  await rm(file, { force: true });
  locked.delete(file);
}

async function ownerOf(file: string): Promise<number | undefined> {
  if (await isNew(file)) return undefined;
  const name = identityOf(file); // before its writer is read: the one that is judged
  const writer = Number(readFileSync(file, "utf8")); // 0: it has not written yet
  const isThere = writer === 0 ? Date.now() - statSync(file).mtimeMs < BEGINNING_MS : isRunning(writer);
  return isThere || !(await isTakenOver(file, name)) ? writer : undefined;
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
