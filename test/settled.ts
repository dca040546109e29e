import { beforeEach } from "node:test";
import { setImmediate } from "node:timers/promises";
import { memory } from "../src/tensorflow";
import { exposeCollection } from "../src/tensorflow/runtime/garbage";

/** Rounds after which nothing more is expected to go: what is freed lets go of other things, which the next round finds. */
const QUIET_ROUNDS = 4;
const mostRounds = 40;

/** Frees all that nothing refers to, tensors too, so that what is counted then is only what is held. */
export function settled(): Promise<void> {
  return settleFor(QUIET_ROUNDS);
}

async function settleFor(quietRounds: number): Promise<void> {
  const collect = exposeCollection();
  let [before, quiet] = ["", 0];
  for (let round = 0; round < mostRounds && quiet < quietRounds; round++) {
    collect();
    await setImmediate(); // what V8 has found is freed in turns of the event loop
    await setImmediate();
    const now = JSON.stringify(memory());
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
}

/** Frees before each test of a file what those before it have left, so that none counts it as freed by itself. */
export function settleBeforeEach(): void {
  beforeEach(() => settleFor(1));
}
