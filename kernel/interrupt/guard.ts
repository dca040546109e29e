/** Where in the shared memory stands what. */
const [depthAt, entriesAt, askedAt, takenAt, waitAt] = [0, 1, 2, 3, 4];

/**
 * Which thread's code runs: the kernel's own work (compiling, completing, answering) must not be cut in half by an
 * interrupt, the user's may. Held in shared memory, so that the thread that interrupts can look while this one is busy.
 */
export class Guard {
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;
  /** Of how many interrupts a message has told. */
  #told = 0;
  /** How often it has waited for a child. */
  #waits = 0;

  constructor(memory = new SharedArrayBuffer(5 * Int32Array.BYTES_PER_ELEMENT)) {
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

  /** The number of the wait for a child that holds the main thread now; 0 if none does. */
  get wait(): number {
    return Atomics.load(this.#state, waitAt);
  }

  /** Asks the main thread for an interrupt; the message that tells of it follows. */
  ask(): void {
    Atomics.add(this.#state, askedAt, 1);
  }

  /** Whether an interrupt was asked for that the main thread does not know of. */
  get asked(): boolean {
    return Atomics.load(this.#state, askedAt) > Atomics.load(this.#state, takenAt);
  }

  /** The same, and from now on it knows. */
  take(): boolean {
    const asked = Atomics.load(this.#state, askedAt);
    return Atomics.exchange(this.#state, takenAt, asked) < asked;
  }

  /** The message of an interrupt has come: whether the main thread did not know of it. */
  hear(): boolean {
    this.#told++;
    if (this.#told <= Atomics.load(this.#state, takenAt)) return false;
    Atomics.store(this.#state, takenAt, this.#told);
    return true;
  }

  /** Runs what holds the main thread until a child has ended. */
  waiting<T>(work: () => T): T {
    Atomics.store(this.#state, waitAt, ++this.#waits);
    try {
      return work();
    } finally {
      this.ended();
    }
  }

  /** It waits for none; to be called where no `finally` runs. */
  ended(): void {
    Atomics.store(this.#state, waitAt, 0);
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
