/** The HDF5 library, loaded once; its errors as ours, and the one file that it may open. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
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

/** Those that a damaged file has broken: what stands in their memory is not known any more. */
const broken = new Set<Library>();

/** What each has open. */
const streams = new WeakMap<Library, Set<ReturnType<Library["Module"]["FS"]["open"]>>>();

/** Loads the library, 4 MB, at the first call, and anew once a damaged file has broken it. */
export async function loadLibrary(): Promise<Library> {
  // eslint-disable-next-line no-restricted-syntax -- a module that can't be required, and 4 MB that few need
  const library = await (broken.size === 0 ? import("h5wasm/node") : importAgain(broken.size));
  await library.ready;
  return library;
}

/** The library with a memory of its own: Node runs a module once for each address. */
function importAgain(time: number): Promise<Library> {
  const places = require.resolve.paths("h5wasm") ?? [];
  const files = places.map((place) => join(place, "h5wasm", "dist", "node", "hdf5_hl.js"));
  const address = pathToFileURL(files.find(existsSync) ?? "h5wasm");
  address.search = String(time);
  // eslint-disable-next-line no-restricted-syntax -- as above
  return import(address.href);
}

/**
 * Works with the library: what fails in it is thrown, and printed nowhere. It opens no file but one meanwhile: a dataset may name
 * any file of the machine as the place of its values.
 * @param file  that it may open, whole path
 * @param what  what is done, for the error: "Cannot open … : expected …" or "Cannot read …"
 */
export function guarded<T>(library: Library, file: string, what: string, work: () => T): T {
  if (broken.has(library))
    throw new Error(`${what}, got a library that another file has broken: open it again`);
  const { Module } = library;
  const { FS } = Module;
  const [open, close] = [FS.open.bind(FS), FS.close.bind(FS)];
  const opened = streams.get(library) ?? new Set();
  streams.set(library, opened);
  const own = join(tmpdir(), "tmpfile_"); // where it writes what went wrong, before it says it
  FS.open = (path, ...rest) => {
    const stream = open(path === file || path.startsWith(own) ? path : join(file, "none"), ...rest);
    opened.add(stream);
    return stream;
  };
  FS.close = (stream) => {
    opened.delete(stream);
    close(stream);
  };
  Module.onAbort = (why: string) => {
    throw new LibraryFault(why); // before it is printed
  };
  Module.activate_throwing_error_handler();
  try {
    const result = work();
    Module.deactivate_throwing_error_handler();
    return result;
  } catch (cause) {
    if (!isFault(cause)) Module.deactivate_throwing_error_handler();
    else {
      broken.add(library);
      for (const stream of opened) close(stream);
      opened.clear();
    }
    throw new Error(`${what}, got ${reasonOf(cause)}`, { cause });
  } finally {
    [FS.open, FS.close] = [open, close];
  }
}

/** Closes a file. Where the library breaks at that, the file is closed all the same, and what was read of it is right. */
export function closeHdf5({ library, id, place, name }: OpenHdf5): void {
  if (broken.has(library)) return;
  try {
    guarded(library, place, `Cannot close "${name}": expected it`, () => library.Module.close_file(id));
  } catch (error) {
    if (!broken.has(library)) throw error;
  }
}

/** That the library gave up, instead of saying what is wrong. */
class LibraryFault extends Error {}

/** Whether the library came to its end, or read beyond its memory. */
function isFault(cause: unknown): boolean {
  const isOf = (name: string): boolean => cause instanceof Error && cause.name === name;
  return cause instanceof LibraryFault || cause instanceof RangeError || isOf("RuntimeError");
}

/** The innermost of what HDF5 says, e.g. "file signature not found". */
function reasonOf(cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  if (isFault(cause)) return `one at which the HDF5 library fails (${said})`;
  const lines = [...said.matchAll(/^ +#\d+: .* line \d+ in \w+\(\): (.*)$/gm)];
  return lines.at(-1)?.[1] ?? said;
}
