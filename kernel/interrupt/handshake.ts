/// <reference lib="es2024.sharedmemory" />

/** How far the two threads are. */
const [none, held, ending, ended] = [0, 1, 2, 3];

/** As it is now: a library may put one of its own in its place for a while. */
const clock = process.hrtime.bigint;

/** How long the main thread holds for the other, in ns. */
const holdNs = 1_000_000_000n;

/** How long the other waits for the main thread to come back, in ms. */
const backMs = 200;

/**
 * By which two threads end JavaScript together. The main thread alone can look at what it runs and leave what would hold it; another
 * thread alone can have V8 end it, since V8 would end what asks for it instead. So the main thread looks, and stands still where
 * it is until the other has asked V8: what ends is what was looked at.
 */
export class Handshake {
  readonly #state: Int32Array;
  #isWaiting = false;

  constructor(memory: SharedArrayBuffer, offset: number) {
    this.#state = new Int32Array(memory, offset, 1);
  }

  /**
   * In the main thread: stands still until its JavaScript is about to end. Gives whether it is; else the other does not answer. Without
   * Atomics.wait(): what is looked at may be within one, and V8 has one place for those that wait, so that the process would abort.
   */
  hold(): boolean {
    this.#set(held);
    const until = clock() + holdNs;
    while (Atomics.load(this.#state, 0) === held && clock() < until);
    if (Atomics.compareExchange(this.#state, 0, held, none) === held) return false;
    while (Atomics.load(this.#state, 0) === ending);
    return Atomics.load(this.#state, 0) === ended;
  }

  /** In the main thread: its JavaScript was ended, its event loop turns again. */
  back(): void {
    this.#set(none);
  }

  /** In the other: resolves when the main thread stands still, or by {@link stopWaiting}. */
  async whenHeld(): Promise<void> {
    this.#isWaiting = true;
    this.#set(none);
    while (this.#isWaiting && Atomics.load(this.#state, 0) === none)
      await Atomics.waitAsync(this.#state, 0, none).value;
  }

  stopWaiting(): void {
    this.#isWaiting = false;
    Atomics.notify(this.#state, 0);
  }

  /**
   * In the other: if the main thread stands still, has its JavaScript ended. Waits until that has come to pass: what else reached the
   * main thread before, such as a debugger's question, would be ended instead.
   * @param ask  asks V8
   * @returns whether it was ended; undefined if the main thread does not stand still
   */
  end(ask: () => void): boolean | undefined {
    if (Atomics.compareExchange(this.#state, 0, held, ending) !== held) return undefined;
    let state = none;
    try {
      ask();
      state = ended;
    } finally {
      this.#set(state);
    }
    return Atomics.wait(this.#state, 0, ended, backMs) !== "timed-out";
  }

  #set(state: number | undefined): void {
    Atomics.store(this.#state, 0, state ?? 0);
    Atomics.notify(this.#state, 0);
  }
}
