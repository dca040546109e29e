import { internals } from "../internals";
import { guard } from "./guard";
import { beforeEnd, endIfBusy } from "./interrupter";
import { runsUserCode } from "./stack";

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
  /** Runs synchronous work that must not be ended halfway; throws, rather than begin, where the cell was interrupted meanwhile. */
  shield<T>(work: () => T): T;
};

/** Interruptions that wait for what must be finished first. */
const stopping = new Set<Interruption>();
/** What must be finished first, of all cells. */
const unfinished = new Set<Promise<unknown>>();
/** Whether JavaScript was ended since the last cell began: what must be finished first may be among that. */
let ended = false;

/** Whether JavaScript was ended since the last cell began, and nobody knows whose it was. */
export function wasEnded(): boolean {
  return ended;
}

/** A cell begins: what was ended before is none of it. */
export function forgetEnded(): void {
  ended = false;
}

/** The work of one cell, its callbacks and what it left running included. */
export class Interruption {
  readonly signal: CellSignal;
  readonly #controller = new AbortController();
  readonly #finishing = new Set<Promise<unknown>>();
  readonly #waiting = new Set<(error: Error) => void>();
  /** Why it is to end, and why it has. */
  #why: Error | undefined;
  #ended: Error | undefined;

  constructor() {
    const waitUntil = (work: Promise<unknown>): void => {
      const settled: Promise<unknown> = work
        .catch(() => undefined) // whoever does the work hears of it
        .finally(() => {
          this.#finishing.delete(settled);
          forget([settled]);
        });
      this.#finishing.add(settled);
      guard.finishing = unfinished.add(settled).size;
    };
    const shield = <T>(work: () => T): T => {
      const isAsked = guard.asked && !guard.closed && this.#finishing.size === 0;
      if (isAsked) throw new Interrupted(); // a loop of such work would never hear of it
      return guard.run(work);
    };
    this.signal = Object.assign(this.#controller.signal, { waitUntil, shield });
  }

  /**
   * The same promise, but an interrupt rejects it: at once if there was one before. While what must be finished first is, it does not
   * resolve, since the cell would begin something else.
   */
  race<T>(work: T | PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => void this.#waiting.delete(reject);
      Promise.resolve(work).then(
        (value) => {
          if (stopping.has(this)) return; // end() rejects it
          settle();
          resolve(value);
        },
        (error: Error) => (settle(), reject(error)),
      );
      if (this.#ended === undefined) this.#waiting.add(reject);
      else reject(this.#ended);
    });
  }

  /**
   * Aborts the signal; when all that must be finished is, ends the waiting. A second call ends it at once.
   * @param why  what all that awaits is rejected with
   */
  interrupt(why: Error = new Interrupted()): void {
    const impatient = this.signal.aborted;
    this.#why ??= why;
    this.#controller.abort(why);
    stopping.add(this);
    if (impatient || ended) this.end();
    else void Promise.all(this.#finishing).then(() => setImmediate(() => this.end()));
  }

  /** Ends the waiting, whatever is not finished. */
  end(): void {
    stopping.delete(this);
    forget(this.#finishing);
    this.#ended = this.#why ?? new Interrupted();
    for (const reject of this.#waiting) reject(this.#ended);
    this.#waiting.clear();
  }
}

/** Work is finished, or nothing waits for it any more. */
function forget(works: Iterable<Promise<unknown>>): void {
  for (const work of works) unfinished.delete(work);
  guard.finishing = unfinished.size;
}

/** Lets a cell's JavaScript be ended from another thread without Node taking that for a fault of its own. */
export function allowEnding(): void {
  const wrap = internals("async_wrap");
  wrap.async_hook_fields[wrap.constants.kCheck] = 0;
  const leave = (): void => {
    wrap.clearAsyncIdStack();
    guard.ended();
    forget(unfinished); // which may be among it
    ended = true;
    setImmediate(() => {
      stopping.forEach((interruption) => interruption.end());
      guard.handshake.back();
    });
  };
  const end = (isPaused: boolean): boolean => {
    const isEnding = guard.mayEnd && runsUserCode() && (isPaused || guard.handshake.hold());
    if (isEnding) leave();
    return isEnding;
  };
  for (const [symbol, value] of [
    [beforeEnd, leave],
    [endIfBusy, end],
  ] as const)
    Object.defineProperty(globalThis, symbol, { value, configurable: true });
}
