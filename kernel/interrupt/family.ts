import { setTimeout as sleep } from "node:timers/promises";
import { processes, treeOf, type Process } from "./processes";

/** So many children are known at once; more are not told apart from those that are waited for. */
const capacity = 1024;

/** How long children may take to end once they were told to, in ms. */
const graceMs = 300;

/**
 * The children that the main thread has started and does not wait for, in shared memory: the thread that interrupts and
 * shuts down has to know them while the main thread is busy. Others are those that it waits for, as execSync() does.
 */
export class Family {
  readonly memory: SharedArrayBuffer;
  /** The children's pids; 0 where there is none. */
  readonly #pids: Int32Array;
  /** Behind each, whether it is to outlive the session. */
  readonly #left: Uint8Array;

  constructor(memory = new SharedArrayBuffer(capacity * (Int32Array.BYTES_PER_ELEMENT + 1))) {
    this.memory = memory;
    this.#pids = new Int32Array(memory, 0, capacity);
    this.#left = new Uint8Array(memory, this.#pids.byteLength);
  }

  /** A child was started, or is to outlive the session from now on, or no longer. */
  set(pid: number, isLeft: boolean): void {
    const found = this.#pids.indexOf(pid);
    const at = found < 0 ? this.#pids.indexOf(0) : found;
    if (at < 0) return;
    Atomics.store(this.#left, at, isLeft ? 1 : 0);
    Atomics.store(this.#pids, at, pid);
  }

  /** A child has ended. */
  delete(pid: number): void {
    const at = this.#pids.indexOf(pid);
    if (at >= 0) Atomics.store(this.#pids, at, 0);
  }

  /** The children that the main thread waits for, with all that they started. */
  awaited(): readonly number[] {
    const all = processes();
    const roots = all.filter(({ pid, parent }) => parent === process.pid && !this.#pids.includes(pid));
    return roots.flatMap(({ pid }) => household(pid, all));
  }

  /** Has all children end, with all of theirs, those of ended ones too; not those that were left on purpose. */
  async end(): Promise<void> {
    const until = performance.now() + graceMs;
    if (!signalAll(this.#all(), "SIGTERM")) return;
    while (performance.now() < until) {
      await sleep(10);
      if (this.#all().length === 0) return;
    }
    this.kill();
  }

  /** Ends all children at once. */
  kill(): void {
    signalAll(this.#all(), "SIGKILL");
  }

  /** What is to end with the session. */
  #all(): readonly number[] {
    const all = processes();
    const roots = all.filter(({ pid, parent }) => parent === process.pid && !this.isLeft(pid));
    const orphans = all.filter(
      ({ pid, parent, group }) => group === process.pid && pid !== group && parent !== group,
    );
    return [...new Set([...roots, ...orphans].flatMap(({ pid }) => household(pid, all)))];
  }

  /** Whether a child is to outlive the session. */
  isLeft(pid: number): boolean {
    const at = this.#pids.indexOf(pid);
    return at >= 0 && this.#left[at] === 1;
  }
}

/** The main thread's children. */
export const family = new Family();

/** Signals children that this process started, with all that they started. */
export function signalChildren(pids: readonly number[], signal: NodeJS.Signals): void {
  if (pids.length === 0) return;
  const all = processes();
  const told = pids.flatMap((pid) => household(pid, all));
  signalAll(told, signal);
}

/** Gives whether one of the processes heard it. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): boolean {
  return pids.filter((pid) => signalOne(pid, signal)).length > 0;
}

function signalOne(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has ended, or is another user's
  }
}

/** A child and what it has started, without what began a group of its own, as daemons and a shell's jobs do. */
function household(child: number, all: readonly Process[]): number[] {
  const own = all.find(({ pid }) => pid === process.pid)?.group;
  const tree = treeOf(child, all).filter(({ group }) => group === own || group === child);
  const group = all.filter(({ group }) => group === child); // if the child has ended and others of it have not
  return [...new Set([...tree, ...group])].map(({ pid }) => pid);
}
