/** The HDF5 library, loaded once; its errors as ours, and the one file that it may open. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as h5wasm from "h5wasm/node" with { "resolution-mode": "import" };

/** The compiled library. */
export type Library = typeof h5wasm;

/** A file that the library has open. */
export interface OpenHdf5 {
  readonly library: Library;
  readonly id: bigint;
  /** Its whole path. */
  readonly place: string;
  /** What to call it in errors. */
  readonly name: string;
  /** What it has on the disk. */
  readonly bytes: number;
}

/** Loads the library, 4 MB, at the first call. */
export async function loadLibrary(): Promise<Library> {
  // eslint-disable-next-line no-restricted-syntax -- a module that can't be required, and 4 MB that few need
  const library = await import("h5wasm/node");
  await library.ready;
  return library;
}

/**
 * Works with the library: what fails in it is thrown, and printed nowhere. It opens no file but one meanwhile: a dataset may name
 * any file of the machine as the place of its values.
 * @param file  that it may open, whole path
 * @param what  what is done, for the error: "Cannot open … : expected …" or "Cannot read …"
 */
export function guarded<T>(library: Library, file: string, what: string, work: () => T): T {
  const { Module } = library;
  const { FS } = Module;
  const open = FS.open.bind(FS);
  const own = join(tmpdir(), "tmpfile_"); // where it writes what went wrong, before it says it
  FS.open = (path, ...rest) =>
    open(path === file || path.startsWith(own) ? path : join(file, "none"), ...rest);
  Module.activate_throwing_error_handler();
  try {
    return work();
  } catch (cause) {
    throw new Error(`${what}, got ${reasonOf(cause)}`, { cause });
  } finally {
    Module.deactivate_throwing_error_handler();
    FS.open = open;
  }
}

/** The innermost of what HDF5 says, e.g. "file signature not found". */
function reasonOf(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  const lines = [...said.matchAll(/^ +#\d+: .* line \d+ in \w+\(\): (.*)$/gm)];
  return lines.at(-1)?.[1] ?? said;
}
