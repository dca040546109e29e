import { writeSync } from "node:fs";

/** How many lines a log may have in how long, in ms: whoever sends rubbish must not fill a disk. */
const rate = { lines: 10, windowMs: 10_000 } as const;

let began = 0;
let lines = 0;
let omitted = 0;

let descriptor = 2;

/** Has the log written to another file descriptor than 2, which may be a cell's output. */
export function logTo(fd: number): void {
  descriptor = fd;
}

/** Writes what belongs to no cell. */
export function logText(text: string | Uint8Array): void {
  try {
    writeSync(descriptor, typeof text === "string" ? Buffer.from(text) : text);
  } catch {
    // nobody reads it: there is no place left to say so
  }
}

/**
 * Writes a line to the process's standard error, at most 10 in 10 s. Worker threads' console waits for the main thread,
 * which may be busy, and whose output may belong to a cell.
 */
export function log(line: string): void {
  const now = Date.now();
  if (now - began > rate.windowMs) {
    if (omitted > 0) write(`${omitted} more such lines were left out`);
    [began, lines, omitted] = [now, 0, 0];
  }
  if (lines >= rate.lines) omitted++;
  else write(line);
  lines++;
}

function write(line: string): void {
  logText(`${line.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").slice(0, 500)}\n`);
}
