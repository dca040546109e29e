/** What is written beside its place and put there when it is whole. */
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { reasonOf } from "../tensorflow";
import { codeOf } from "./errorcode";

/** How a file or folder comes to its place. */
export interface BesideOptions {
  /** Writes it where it is told to. */
  readonly write: (part: string) => Promise<void>;
  /** Puts it in its place. @default rename(), which replaces a file */
  readonly put?: (part: string, target: string) => Promise<void>;
  /** What an error of the disk begins with. */
  readonly refused: string;
  /** Ends it before it is in its place. @default none */
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes a file or a folder whole or not at all. At an error, and where the signal ends it, what was there is as it was, and neither a
 * part of it nor a folder is left that was made for it.
 * @throws {Error} that begins with `refused`, if the disk refuses
 * @throws what the signal gives as its reason, or `write` throws
 */
export async function writeBeside(
  target: string,
  { write, put = rename, refused, signal }: BesideOptions,
): Promise<void> {
  const whole = resolve(target);
  const folder = dirname(whole);
  const part = join(folder, `temp-${randomUUID()}`);
  let takeAway: (() => Promise<void>) | undefined;
  try {
    takeAway = await makeFolder(folder);
    signal?.throwIfAborted();
    await write(part);
    signal?.throwIfAborted();
    await put(part, whole);
  } catch (cause) {
    if (takeAway !== undefined) {
      await rm(part, { recursive: true, force: true });
      await takeAway();
    }
    signal?.throwIfAborted();
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new Error(`${refused}, got ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Makes a folder, and those that it is in.
 * @returns takes away those that were made, as far as nothing is in them
 */
export async function makeFolder(path: string): Promise<() => Promise<void>> {
  const whole = resolve(path);
  const made = await mkdir(whole, { recursive: true });
  const takeAway = async (folder: string): Promise<void> => {
    const isGone = await rmdir(folder).then(() => true, isKept); // prettier-ignore
    if (isGone && folder !== made) await takeAway(dirname(folder));
  };
  return () => (made === undefined ? Promise.resolve() : takeAway(whole));
}

/** Whether a folder has something in it, or somebody else took it away. */
function isKept(error: unknown): false {
  if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(codeOf(error))) return false;
  throw error;
}
