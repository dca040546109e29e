/**
 * Which thread's code runs: the kernel's own work (compiling, completing, answering) must not be cut in half by an
 * interrupt, the user's may. Held in shared memory, so that the thread that interrupts can look while this one is busy.
 */
export class Guard {
  readonly memory: SharedArrayBuffer;
  readonly #depth: Int32Array;

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#depth = new Int32Array(memory);
  }

  /** Whether the kernel's own work is going on. */
  get closed(): boolean {
    return Atomics.load(this.#depth, 0) > 0;
  }

  /** Runs the kernel's own synchronous work, which no interrupt ends. */
  run<T>(work: () => T): T {
    Atomics.add(this.#depth, 0, 1);
    try {
      return work();
    } finally {
      Atomics.sub(this.#depth, 0, 1);
    }
  }
}

/** The main thread's guard. */
export const guard = new Guard();
