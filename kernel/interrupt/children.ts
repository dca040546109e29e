/** The children that cells start: an interrupt of a cell is one of its children, too. */
import { ChildProcess } from "node:child_process";
import { currentCell } from "../cell";
import { internals } from "../internals";
import { family, signalChildren } from "./family";
import { guard } from "./guard";
import { Interrupted, type Interruption } from "./interrupts";

/** The children of each cell that run. */
const children = new WeakMap<Interruption, Set<number>>();

/** Those that hear their cell's interrupt. */
const followed = new WeakSet<ChildProcess>();

/** Whether a child hears its cell's interrupt. */
export function isFollowed(child: ChildProcess): boolean {
  return followed.has(child);
}

/** Those of a process group of their own. */
const detached = new WeakSet<ChildProcess>();

/**
 * Has the children of a cell hear its interrupt, as those in a terminal hear Ctrl-C, and execSync() and its like end by it.
 * A child that is both detached and without a reference, which is Node's way to have one outlive its parent, hears nothing.
 * @param interrupt  stops the running cell
 */
export function followChildren(interrupt: () => void): void {
  followStarted();
  followReferences();
  followAwaited(interrupt);
}

/** Those of spawn(), exec(), fork() and libraries. */
function followStarted(): void {
  const spawn = method("spawn");
  Object.assign(ChildProcess.prototype, {
    spawn(this: ChildProcess, options: { readonly detached?: unknown }): unknown {
      const result: unknown = Reflect.apply(spawn, this, [options]);
      const { pid } = this;
      if (pid === undefined) return result; // it could not be started
      if (options.detached === true) detached.add(this);
      family.set(pid, false);
      const pids = childrenOf(currentCell()?.interruption);
      pids?.add(pid);
      if (pids !== undefined) followed.add(this);
      this.once("exit", () => {
        family.delete(pid);
        pids?.delete(pid);
      });
      return result;
    },
  });
}

/** Notes which children are to outlive the session. */
function followReferences(): void {
  for (const [name, isLeft] of [
    ["ref", false],
    ["unref", true],
  ] as const) {
    const original = method(name);
    Object.assign(ChildProcess.prototype, {
      [name](this: ChildProcess): unknown {
        if (
          detached.has(this) &&
          this.pid !== undefined &&
          this.exitCode === null &&
          this.signalCode === null
        )
          family.set(this.pid, isLeft);
        return Reflect.apply(original, this, []);
      },
    });
  }
}

function method(name: string): (this: ChildProcess, ...args: readonly unknown[]) => unknown {
  const found: unknown = Reflect.get(ChildProcess.prototype, name);
  if (typeof found === "function")
    return function (...args) {
      const result: unknown = Reflect.apply(found, this, args);
      return result;
    };
  throw new TypeError(`Cannot follow children: expected ChildProcess to have ${name}(), got ${typeof found}`);
}

/** Where a cell's children stand, which its interrupt will signal. */
function childrenOf(interruption: Interruption | undefined): Set<number> | undefined {
  if (interruption === undefined) return undefined;
  const known = children.get(interruption);
  if (known !== undefined) return known;
  const pids = new Set<number>();
  children.set(interruption, pids);
  const { signal } = interruption;
  const tell = (): void => {
    if (signal.reason instanceof Interrupted)
      signalChildren(
        [...pids].filter((pid) => !family.isLeft(pid)),
        "SIGINT",
      );
  };
  signal.addEventListener("abort", tell, { once: true });
  return pids;
}

/** Those of spawnSync(), execSync() and execFileSync(): the thread that interrupts signals them, since this one waits. */
function followAwaited(interrupt: () => void): void {
  const binding = internals("spawn_sync");
  const { spawn } = binding;
  binding.spawn = (options) => {
    if (currentCell() === undefined || guard.closed) return spawn(options);
    const result = guard.waiting(() => (guard.asked ? undefined : spawn(options)));
    if (!guard.asked) return result;
    interrupt(); // before it is taken: what is ended in between would take it along, and its message would tell nothing new
    guard.take();
    throw new Interrupted();
  };
}
