/** Children that print where the process prints: in a notebook that is the output of the cell that started them. */
import { ChildProcess } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { currentCell, type Cell } from "../cell";
import { internals, type SyncStdio } from "../internals";
import type { StreamName } from "./streams";

/**
 * Sends to its cell what a child prints that was started with `stdio: "inherit"`, as it comes. What no cell starts, and
 * what execSync() and its like wait for, prints where C code of this process does.
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

/**
 * Those of spawnSync(), execSync() and execFileSync() share the process's own descriptors. As Linux opens these anew, a child
 * that has its output never wait, as Node does with pipes, changes its own alone: C code here would lose what it prints.
 */
function redirectAwaited(): void {
  if (process.platform !== "linux") return;
  const binding = internals("spawn_sync");
  const { spawn } = binding;
  binding.spawn = (options) => {
    const opened: number[] = [];
    const stdio = options.stdio.map((one, place): SyncStdio => {
      if (place === 0 || one.type !== "fd" || streamOf(one.fd) === undefined) return one;
      const fd = openSync(`/proc/self/fd/${one.fd ?? place}`, constants.O_WRONLY);
      opened.push(fd);
      return { type: "fd", fd };
    });
    try {
      return spawn({ ...options, stdio });
    } finally {
      opened.forEach((fd) => closeSync(fd));
    }
  };
}
