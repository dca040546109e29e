/** Children that print where the process prints: in a notebook that is the output of the cell that started them. */
import { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { currentCell, type Cell } from "../cell";
import { internals, type SyncOptions, type SyncStdio } from "../internals";
import type { StreamName } from "./streams";

/**
 * Sends to its cell what a child prints that was started with `stdio: "inherit"`: as it comes, or at the end where
 * execSync() and its like wait for it. What no cell starts goes on printing where the process does.
 */
export function redirectChildren(): void {
  redirectStarted();
  redirectAwaited();
}

/** Those of spawn() and fork(): they print into pipes. */
function redirectStarted(): void {
  const start: unknown = Reflect.get(ChildProcess.prototype, "spawn");
  if (typeof start !== "function")
    throw new TypeError("Cannot redirect children: expected ChildProcess to have spawn()");
  const spawn = function (this: ChildProcess, options: { readonly stdio?: unknown }): unknown {
    const cell = currentCell();
    const { stdio, shared } = withPipes(options.stdio);
    if (cell === undefined || shared.size === 0) return Reflect.apply(start, this, [options]);
    const result: unknown = Reflect.apply(start, this, [{ ...options, stdio }]);
    follow(this.stdout, shared.get(1), cell);
    follow(this.stderr, shared.get(2), cell);
    return result;
  };
  Object.assign(ChildProcess.prototype, { spawn });
}

/** A child's stdio with pipes where it shares the process's streams, and which these are. */
function withPipes(stdio: unknown): { stdio: unknown[]; shared: Map<number, StreamName> } {
  const places = Array.isArray(stdio) ? Array.from<unknown>(stdio) : [stdio, stdio, stdio];
  const shared = new Map<number, StreamName>();
  for (const place of [1, 2]) {
    const what = places[place];
    const name = streamOf(what === "inherit" ? place : what);
    if (name === undefined) continue;
    shared.set(place, name);
    places[place] = "pipe";
  }
  return { stdio: places, shared };
}

/** Which stream of the process a file descriptor or a stream in a child's stdio is. */
function streamOf(what: unknown): StreamName | undefined {
  if (what === 1 || what === process.stdout) return "stdout";
  return what === 2 || what === process.stderr ? "stderr" : undefined;
}

function follow(pipe: Readable | null, name: StreamName | undefined, cell: Cell): void {
  if (name === undefined) return;
  pipe?.setEncoding("utf8").on("data", (text) => cell.publish("stream", { name, text: String(text) }));
}

/** Those of spawnSync(), execSync() and execFileSync(): into files, since who holds a pipe's other end would be waited for. */
function redirectAwaited(): void {
  const binding = internals("spawn_sync");
  const { spawn } = binding;
  binding.spawn = (options) => {
    const cell = currentCell();
    return cell === undefined ? spawn(options) : spawnInto(cell, options, spawn);
  };
}

function spawnInto(cell: Cell, options: SyncOptions, spawn: (options: SyncOptions) => unknown): unknown {
  const files = new Map<StreamName, number>();
  const stdio = options.stdio.map((one, place): SyncStdio => {
    const name = place > 0 && one.type === "fd" ? streamOf(one.fd) : undefined;
    if (name === undefined) return one;
    const fd = files.get(name) ?? openUnnamed();
    files.set(name, fd);
    return { type: "fd", fd };
  });
  try {
    return spawn({ ...options, stdio });
  } finally {
    for (const [name, fd] of files) {
      const text = readAll(fd);
      if (text !== "") cell.publish("stream", { name, text });
      closeSync(fd);
    }
  }
}

/** A file that nobody else can open, and that is gone when it is closed. */
function openUnnamed(): number {
  const path = join(tmpdir(), `slimlab-output-${randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return fd;
}

function readAll(fd: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  const count = readSync(fd, bytes, 0, bytes.length, 0);
  return bytes.toString("utf8", 0, count);
}
