/** A training that is let go on by some steps at a time. */
import { EventEmitter, once } from "node:events";
import type { RunHook } from "../src/estimator";

/** A training that waits between two steps until it is told to go on. */
export interface Turns {
  /** Takes so many steps. @throws what the training throws */
  take(steps: number): Promise<void>;
  /** Ends the training. @throws what the training throws */
  end(): Promise<void>;
}

/**
 * Begins a training, which waits before its first step.
 * @param train  trains without end, with the hook, until the signal ends it
 */
export async function trainInTurns(
  train: (hook: RunHook, signal: AbortSignal) => Promise<unknown>,
): Promise<Turns> {
  const gate = new EventEmitter();
  let left = 0;
  const hook: RunHook = {
    async beforeRun() {
      if (left === 0) {
        const opened = once(gate, "open");
        gate.emit("reached");
        await opened;
      }
      left--;
    },
  };
  const ending = new AbortController();
  let reached: Promise<unknown> = once(gate, "reached");
  const training = train(hook, ending.signal);
  const ended = training.then(() => {
    throw new Error("Cannot measure a training: expected one without end, got its end");
  });
  await Promise.race([reached, ended]);
  return {
    async take(steps) {
      reached = once(gate, "reached");
      left = steps;
      gate.emit("open");
      await Promise.race([reached, ended]);
    },
    async end() {
      const reason = new Error("ended");
      ending.abort(reason);
      left = 1;
      gate.emit("open");
      await training.catch((error: unknown) => {
        if (error !== reason) throw error;
      });
    },
  };
}
