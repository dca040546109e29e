/** What is printed below JavaScript: by C code, by fs.writeSync(1), by children that share the process's descriptors. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Of the file descriptors 1 and 2: how many bytes were printed. */
export type Marks = readonly [stdout: number, stderr: number];

/** Pipes in place of the file descriptors 1 and 2, for all threads of this process. */
export interface Descriptors {
  /** Puts them in place; gives the descriptors of where 1 and 2 went before. Again it only gives these. */
  capture(): readonly [stdout: number, stderr: number];
  /** How many bytes were printed so far. */
  written(): Marks;
  /** The bytes that were not read yet, up to that many in all; for one thread. */
  read(index: 0 | 1, upTo: number): Buffer;
  /** Calls a function in this thread when there is something to read, once each time arm() was called. */
  watch(onReadable: () => void): void;
  arm(): void;
  /** Has 1 and 2 go where they went before, and what was not read, too. */
  release(): void;
  /**
   * A descriptor that listens at an IPv4 address, as a ZeroMQ socket takes it.
   * @throws {Error} if an address is in use or not of this machine
   */
  listen(ip: string, port: number): number;
  /** Has children not get these descriptors. */
  own(descriptors: readonly string[]): void;
  /** Runs another program in place of this process's, which keeps its number, its folder, the descriptors 0 to 2 and these. */
  become(path: string, argv: readonly string[], descriptors: readonly string[]): never;
}

/** Gives how much was printed so far, undefined if that is as much as at the last call. */
export function newMarks(descriptors: Descriptors): () => Marks | undefined {
  let last: Marks = [0, 0];
  return () => {
    const marks = descriptors.written();
    if (marks[0] === last[0] && marks[1] === last[1]) return undefined;
    last = marks;
    return marks;
  };
}

function isAddon(addon: unknown): addon is Descriptors {
  return typeof addon === "object" && addon !== null && "capture" in addon && "written" in addon;
}

/** @throws {Error} if the set-up has not made the addon, naming the command that does */
export function loadDescriptors(): Descriptors {
  const load = createRequire(__filename);
  const places: unknown = load(join(__dirname, "..", "..", "..", "scripts", "steps", "places.js"));
  const { descriptors: file, setup } = setUpIn(places);
  const addon: unknown = existsSync(file) ? load(file) : undefined;
  if (isAddon(addon)) return addon;
  throw new Error(
    `Cannot start kernel: expected its addon "${file}", got no such file; make it with: ${setup}`,
  );
}

/** What the set-up, which runs before anything is compiled and so is plain JavaScript, says of its places. */
function setUpIn(told: unknown): { readonly descriptors: string; readonly setup: string } {
  const places: unknown = Reflect.get(Object(told), "places");
  const text = (name: string): string => String(Reflect.get(Object(places), name));
  return { descriptors: text("descriptors"), setup: text("setup") };
}
