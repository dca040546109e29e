/** Where in the shared memory stands what. */
const [depthAt, entriesAt] = [0, 1];

/**
 * Which thread's code runs: the kernel's own work (compiling, completing, answering) must not be cut in half by an
 * interrupt, the user's may. Held in shared memory, so that the thread that interrupts can look while this one is busy.
 */
export class Guard {
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
  }

  /** Whether the kernel's own work is going on. */
  get closed(): boolean {
    return Atomics.load(this.#state, depthAt) > 0;
  }

  /** How often the kernel's own work has begun. */
  get entries(): number {
    return Atomics.load(this.#state, entriesAt);
  }

  /** Runs the kernel's own synchronous work, which no interrupt ends. */
  run<T>(work: () => T): T {
    Atomics.add(this.#state, entriesAt, 1);
    Atomics.add(this.#state, depthAt, 1);
    try {
      return work();
    } finally {
      Atomics.sub(this.#state, depthAt, 1);
    }
  }
}

/** The main thread's guard. */
export const guard = new Guard();
