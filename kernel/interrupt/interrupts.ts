import { AsyncLocalStorage } from "node:async_hooks";
import { beforeEnd, internals } from "./interrupter";

/** Why a cell ended that the user stopped. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor() {
    super("The cell was interrupted");
  }
}

/** The signal that the running cell is to stop, as libraries find it under Symbol.for("Jupyter.signal"). */
export type CellSignal = AbortSignal & {
  /** What must be finished first, such as a training step under way: the cell ends when it is settled. */
  waitUntil(work: Promise<unknown>): void;
};

/** The work of one cell, its callbacks and what it left running included. */
export class Interruption {
  readonly signal: CellSignal;
  readonly #controller = new AbortController();
  readonly #finishing = new Set<Promise<unknown>>();
  readonly #waiting = new Set<(error: Interrupted) => void>();
  #asked = false;

  constructor() {
    const waitUntil = (work: Promise<unknown>): void => {
      const settled: Promise<unknown> = work
        .catch(() => undefined) // whoever does the work hears of it
        .finally(() => this.#finishing.delete(settled));
      this.#finishing.add(settled);
    };
    this.signal = Object.assign(this.#controller.signal, { waitUntil });
  }

  /** The same promise, but an interrupt rejects it: at once if there was one before. */
  race<T>(work: T | PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => void this.#waiting.delete(reject);
      Promise.resolve(work).then(
        (value) => (settle(), resolve(value)),
        (error: Error) => (settle(), reject(error)),
      );
      if (this.#asked) reject(new Interrupted());
      else this.#waiting.add(reject);
    });
  }

  /** Aborts the signal; when all that must be finished is, ends the waiting. A second call ends it at once. */
  interrupt(): void {
    const impatient = this.signal.aborted;
    this.#controller.abort(new Interrupted());
    if (impatient) this.#end();
    else void Promise.all(this.#finishing).then(() => setImmediate(() => this.#end()));
  }

  #end(): void {
    this.#asked = true;
    for (const reject of this.#waiting) reject(new Interrupted());
    this.#waiting.clear();
  }
}

/** Lets a cell's JavaScript be ended from another thread without Node taking that for a fault of its own. */
export function allowEnding(): void {
  const wrap = internals((bind) => bind("async_wrap"));
  wrap.async_hook_fields[wrap.constants.kCheck] = 0;
  Object.defineProperty(globalThis, beforeEnd, { value: () => wrap.clearAsyncIdStack(), configurable: true });
}

/** What belongs to a cell, in everything it calls and awaits. */
export const cells = new AsyncLocalStorage<{ readonly interruption: Interruption }>();
