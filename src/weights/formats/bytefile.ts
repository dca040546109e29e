/** Files of which parts are read at their offsets, also beyond 2 GB. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** An open file. */
export interface ByteFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Fills bytes with what stands at an offset.
   * @param what  is read, for the error, e.g. "a header"
   * @throws {Error} that names the file and the offset, if it ends before
   */
  read(what: string, offset: number, target: Uint8Array): void;
  /** The file can't be read afterwards; a second call does nothing. */
  close(): void;
}

/** How much one call of the system reads: Node takes less than 2 GB. */
const MOST_BYTES = 2 ** 30;

/**
 * Opens a file to read parts of it.
 * @throws {Error} of the system, if there is none or it may not be read
 */
export function openBytes(path: string): ByteFile {
  let file: number | undefined = openSync(path, "r");
  const { size } = fstatSync(file);
  return {
    path,
    size,
    read(what, offset, target) {
      if (file === undefined) throw new Error(`Cannot read ${what} of "${path}": the file is closed`);
      for (let done = 0; done < target.length;) {
        const wanted = Math.min(MOST_BYTES, target.length - done);
        const got = readSync(file, target, done, wanted, offset + done);
        if (got === 0) throw damaged(path, `${target.length} bytes of ${what}`, offset, `${done} bytes`);
        done += got;
      }
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** What is wrong in a file, and where: "Cannot read …: expected … at byte …, got …". */
export function damaged(path: string, expected: string, offset: number, got: string): Error {
  return new Error(`Cannot read "${path}": expected ${expected} at byte ${offset}, got ${got}`);
}
