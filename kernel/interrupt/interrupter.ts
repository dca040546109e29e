import { Session, type Debugger } from "node:inspector";
import { join } from "node:path";
import { internals, type SignalWrap } from "../internals";
import { log } from "../wire/log";
import { keepAwake } from "./awake";
import { Family, signalAll } from "./family";
import { Guard } from "./guard";

/** Ends what the main thread does, from another thread. */
export interface Interrupter {
  /** Asks the main thread to stop the running cell; if it is too busy to hear that, ends the JavaScript it runs. */
  interrupt(): void;
  /** The main thread has heard the last request. */
  taken(): void;
}

/** How long a main thread that is not busy with the user's JavaScript may take to hear a request, in ms. */
const patienceMs = 50;

/** How long a child that the main thread waits for may take to end by an interrupt, in ms. */
const graceMs = 1000;

/** What the main thread puts under this symbol is called before its JavaScript is ended. */
export const beforeEnd = Symbol.for("slimlab.beforeEnd");

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
  let waiting: NodeJS.Timeout | undefined;
  let hear = (): void => undefined;
  let heard = Promise.resolve(false);
  const end = async (entries: number): Promise<void> => {
    const isWaiting = guard.wait !== 0 && guard.asked; // it throws an error when its child has ended
    if (guard.closed || guard.entries !== entries || isWaiting || !(await endJavaScript(heard, guard)))
      wait();
  };
  const wait = (): void => {
    clearTimeout(waiting);
    const tell = (error: unknown): void => log(`Cannot interrupt the cell: ${String(error)}`);
    waiting = setTimeout((entries) => void end(entries).catch(tell), patienceMs, guard.entries);
  };
  return {
    interrupt: () => {
      heard = new Promise((resolve) => (hear = () => resolve(true)));
      guard.ask();
      ask();
      awaited?.begin();
      wait();
    },
    taken: () => {
      clearTimeout(waiting);
      awaited?.stop();
      hear();
    },
  };
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
    this.#timer = setInterval(() => this.#interrupt(), patienceMs);
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
 * Ends the user's JavaScript that the main thread runs; no `catch` and no `finally` of it runs. It is first paused to leave
 * Node's stack of asynchronous contexts, which would otherwise hold what was ended, and Node would end itself or hang; and
 * to look at what is to be ended: the thread may be hearing the request just now, which would be lost.
 * @param heard  when the main thread has heard the request: then there is nothing to end
 * @returns whether it was ended or has heard; else the thread is to be asked again
 */
async function endJavaScript(heard: Promise<boolean>, guard: Guard): Promise<boolean> {
  const session = new Session();
  session.connectToMainThread();
  const sleep = keepAwake();
  const post = (method: string, parameters?: object): Promise<unknown> =>
    new Promise((resolve, reject) =>
      session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error))),
    );
  try {
    const paused = new Promise<readonly Debugger.CallFrame[]>((resolve) => {
      session.once("Debugger.paused", ({ params }) => resolve(params.callFrames));
    });
    const urls = new Map<string, string>();
    session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
    const enabled = post("Debugger.enable"); // it may be paused already, at a breakpoint
    await Promise.all([enabled, post("Debugger.pause")]); // at once: a loop of children leaves little time between them
    const frames = await Promise.race([paused, heard]);
    const mayEnd =
      typeof frames === "object" &&
      !guard.closed &&
      frames.some(({ location }) => isUsers(urls.get(location.scriptId)));
    if (mayEnd)
      await post("Runtime.evaluate", {
        expression: `globalThis[Symbol.for("${beforeEnd.description}")]?.()`,
      });
    if (typeof frames === "object") await post("Debugger.resume", { terminateOnResume: mayEnd });
    await post("Debugger.disable");
    return mayEnd || frames === true;
  } finally {
    sleep();
    session.disconnect();
  }
}

const kernelFolder = join(__dirname, "..", "/");

/** Whether a script is neither Node's nor the kernel's own; since Node 26 a call frame does not name it. */
function isUsers(url = ""): boolean {
  return !url.startsWith("node:") && !url.includes(kernelFolder);
}
