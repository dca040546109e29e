import { write } from "node:fs";
import { Session } from "node:inspector";
import { internals, type SignalWrap } from "../internals";
import { log } from "../wire/log";
import { keepAwake } from "./awake";
import { Family, signalAll } from "./family";
import { Guard } from "./guard";
import { pulseMs } from "./pulse";

/** Ends what the main thread does, from another thread. */
export interface Interrupter {
  /** Asks the main thread to stop the running cell; if it is too busy to hear that, ends the JavaScript it runs. */
  interrupt(): void;
  /** The main thread has heard a request. */
  taken(): void;
}

/** How long the user's JavaScript goes on at least after a request, in ms: it may be about to come to its end. */
const courtesyMs = 15;

/** After how long it is tried again to end what must not be ended just now, in ms. */
const againMs = 2;

/** After how long the user is told that there is work which keeps the main thread busy and is to be finished first, in ms. */
const tellMs = 1000;

/** How often an interrupt looks for children that the main thread waits for, in ms. */
const awaitedMs = 50;

/** How long a child that the main thread waits for may take to end by an interrupt, in ms. */
const graceMs = 1000;

/** What the main thread puts under this symbol is called before its JavaScript is ended. */
export const beforeEnd = Symbol.for("slimlab.beforeEnd");

/**
 * What the main thread puts under this symbol makes its JavaScript ready to be ended, if that is the user's and has kept it
 * busy for long enough, and gives whether it is; told whether the thread is paused, else it stands still until the other has ended it.
 */
export const endIfBusy = Symbol.for("slimlab.endIfBusy");

/** What the thread that interrupts shares with the main thread. */
export interface InterrupterMemory {
  /** Of the main thread's guard: while it is closed nothing is ended. */
  readonly guard: SharedArrayBuffer;
  /** Of its family. @default children are left alone: a terminal's Ctrl-C reaches them by itself */
  readonly family?: SharedArrayBuffer;
}

/**
 * Made in a thread that is never busy.
 * @param ask  tells the main thread to stop the running cell
 */
export function createInterrupter(ask: () => void, memory: InterrupterMemory): Interrupter {
  const guard = new Guard(memory.guard);
  const awaited = memory.family && new Awaited(guard, new Family(memory.family));
  let timer: NodeJS.Timeout | undefined;
  let unheard = 0;
  let askedAt = 0;
  let isEnding = false;
  let isTold = false;
  let end = endJavaScript;
  const wait = (ms: number): void => {
    clearTimeout(timer);
    if (unheard > 0) timer = setTimeout(() => void look(), ms);
  };
  const look = async (): Promise<void> => {
    const sinceAsked = performance.now() - askedAt;
    const busy = guard.followed ? guard.busyMs - pulseMs : Math.min(guard.busyMs, sinceAsked);
    const { patienceMs } = guard;
    if (!isTold && busy >= tellMs && busy < patienceMs) {
      isTold = true;
      tell();
    }
    if (isEnding || guard.closed || guard.throws || busy < patienceMs)
      return wait(Math.max((isTold ? patienceMs : Math.min(tellMs, patienceMs)) - busy, againMs));
    isEnding = true;
    const isEnded = await end(guard).catch((error: unknown) => {
      log(`Cannot interrupt the cell: ${String(error)}`);
      return undefined;
    });
    isEnding = false;
    if (isEnded === false) end = endPaused;
    if (isEnded !== true || guard.followed) wait(againMs); // more of the user's may come before the request is heard
  };
  return {
    interrupt: () => {
      unheard++;
      isTold = false;
      end = endJavaScript;
      askedAt = performance.now();
      guard.ask();
      ask();
      awaited?.begin();
      wait(courtesyMs);
    },
    taken: () => {
      if (--unheard > 0) return;
      clearTimeout(timer);
      awaited?.stop();
    },
  };
}

/** Says to the user what an interrupt waits for: below JavaScript, since the main thread is busy; in a kernel it is the cell's. */
function tell(): void {
  const text = "Waiting for work that is to be finished first; interrupt again to end it at once.\n";
  write(2, text, () => undefined); // not writeSync(): this thread may be who reads it
}

/** The children that hold the main thread until they end. */
class Awaited {
  readonly #guard: Guard;
  readonly #family: Family;
  /** Whom an interrupt has reached of which wait, and when. */
  #told: { readonly wait: number; readonly pids: readonly number[]; readonly at: number } | undefined;

  #timer: NodeJS.Timeout | undefined;

  constructor(guard: Guard, family: Family) {
    this.#guard = guard;
    this.#family = family;
  }

  /** Signals those of the wait that goes on, and of each that follows. */
  begin(): void {
    this.stop();
    this.#timer = setInterval(() => this.#interrupt(), awaitedMs);
    this.#interrupt();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #interrupt(): void {
    const { wait } = this.#guard;
    if (wait === 0) return;
    if (this.#told?.wait !== wait) {
      const pids = this.#family.awaited();
      if (signalAll(pids, "SIGINT")) this.#told = { wait, pids, at: performance.now() }; // else it is about to start
    } else if (performance.now() - this.#told.at > graceMs) {
      signalAll([...this.#told.pids, ...this.#family.awaited()], "SIGKILL"); // the former may have no parent any more
    }
  }
}

/** Calls `onSignal` for each SIGINT of the process, also when the main thread is busy. Gives a way to end that. */
export function onInterruptSignal(onSignal: () => void): () => void {
  const signal = createSignal();
  signal.onsignal = onSignal;
  signal.start(2); // SIGINT; process.on() hears signals in the main thread only
  return () => signal.close();
}

function createSignal(): SignalWrap {
  const { Signal } = internals("signal_wrap");
  return new Signal();
}

/**
 * Ends the user's JavaScript that the main thread runs; no `catch` and no `finally` of it runs. Before, the main thread
 * looks at what is to be ended, since it may be hearing the request just now, which would be lost; and leaves Node's stack
 * of asynchronous contexts, which would otherwise hold what was ended, and Node would end itself or hang. V8 has it look wherever
 * its JavaScript can be ended.
 * @returns whether it was ended; undefined if the thread is to be asked again
 */
async function endJavaScript({ handshake }: Guard): Promise<boolean | undefined> {
  return inMainThread(async (post, session) => {
    const ending = handshake
      .whenHeld()
      .then(() => handshake.end(() => session.post("Runtime.terminateExecution")));
    const looked = post("Runtime.evaluate", readyToEnd(false)).finally(() => handshake.stopWaiting());
    const [isEnded] = await Promise.all([ending, looked]);
    return isEnded;
  });
}

/**
 * The same by V8's debugger, which it tells all scripts first (some 0.1 s). Only where the other way has failed, which
 * goes once: while a debugger is attached, V8 loses what it is to end where it calls Node at an `await`.
 */
async function endPaused(): Promise<undefined> {
  return inMainThread(async (post, session) => {
    const paused = new Promise<void>((resolve) => session.once("Debugger.paused", () => resolve()));
    await Promise.all([post("Debugger.enable"), post("Debugger.pause")]);
    await paused;
    const { result } = await post("Runtime.evaluate", readyToEnd(true));
    await post("Debugger.resume", { terminateOnResume: result.value === true });
    await post("Debugger.disable");
    return undefined; // whether it was will be seen
  });
}

/** One of Node's own names, so that the expression does not count as the user's. */
const expressionName = "node:slimlab";

/** The evaluation of {@link endIfBusy}. */
function readyToEnd(isPaused: boolean): object {
  const expression = `globalThis[Symbol.for("${endIfBusy.description}")]?.(${isPaused}) //# sourceURL=${expressionName}`;
  return { expression, disableBreaks: true };
}

interface Answer {
  readonly result: { readonly value?: unknown };
}

/** Works with a debugger's session of the main thread. */
async function inMainThread<T>(
  work: (post: (method: string, parameters?: object) => Promise<Answer>, session: Session) => Promise<T>,
): Promise<T> {
  const session = new Session();
  session.connectToMainThread();
  const sleep = keepAwake();
  const post = (method: string, parameters?: object): Promise<Answer> =>
    new Promise((resolve, reject) =>
      session.post(method, parameters, (error: Error | null, answer?: object) =>
        error === null ? resolve({ result: {}, ...answer }) : reject(error),
      ),
    );
  try {
    return await work(post, session);
  } finally {
    sleep();
    session.disconnect();
  }
}
