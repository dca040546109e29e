import { Session } from "node:inspector";
import { internals, type SignalWrap } from "../internals";
import { log } from "../wire/log";
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

/** What the main thread puts under this symbol is called before its JavaScript is ended. */
export const beforeEnd = Symbol.for("slimlab.beforeEnd");

/**
 * Made in a thread that is never busy.
 * @param ask          tells the main thread to stop the running cell
 * @param guardMemory  of the main thread's guard: while it is closed nothing is ended
 */
export function createInterrupter(ask: () => void, guardMemory: SharedArrayBuffer): Interrupter {
  const guard = new Guard(guardMemory);
  let waiting: NodeJS.Timeout | undefined;
  let hear = (): void => undefined;
  let heard = Promise.resolve();
  const endUnlessKernels = (entries: number): void => {
    if (guard.closed || guard.entries !== entries) wait();
    else endJavaScript(heard).catch((error: unknown) => log(`Cannot interrupt the cell: ${String(error)}`));
  };
  const wait = (): void => {
    clearTimeout(waiting);
    waiting = setTimeout(endUnlessKernels, patienceMs, guard.entries);
  };
  return {
    interrupt: () => {
      heard = new Promise((resolve) => (hear = resolve));
      ask();
      wait();
    },
    taken: () => {
      clearTimeout(waiting);
      hear();
    },
  };
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
 * Ends the JavaScript that the main thread runs; no `catch` and no `finally` of it runs. It is first paused to leave
 * Node's stack of asynchronous contexts, which would otherwise hold what was ended, and Node would end itself or hang.
 * @param heard  when the main thread has heard the request: then there is nothing to end
 */
async function endJavaScript(heard: Promise<void>): Promise<void> {
  const session = new Session();
  session.connectToMainThread();
  const post = (method: string, parameters?: object): Promise<unknown> =>
    new Promise((resolve, reject) =>
      session.post(method, parameters, (error, result) => (error === null ? resolve(result) : reject(error))),
    );
  try {
    const paused = new Promise<true>((resolve) => {
      session.once("Debugger.paused", () => resolve(true));
    });
    await post("Debugger.enable"); // it may be paused already, at a breakpoint
    await post("Debugger.pause");
    if ((await Promise.race([paused, heard])) === true) {
      await post("Runtime.evaluate", {
        expression: `globalThis[Symbol.for("${beforeEnd.description}")]?.()`,
      });
      await post("Debugger.resume", { terminateOnResume: true });
    }
    await post("Debugger.disable");
  } finally {
    session.disconnect();
  }
}
