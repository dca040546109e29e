import { Handshake } from "./handshake";

/** Where in the shared memory stands what; the last is that of the time, which takes two places and stands at an even one. */
const [depthAt, askedAt, takenAt, waitAt, followedAt, handshakeAt, finishingAt, freeAt] = [
  0, 1, 2, 3, 4, 5, 6, 8,
];

/** The clock that both threads have, as it is now: a library may put one of its own in its place for a while. */
const clock = process.hrtime.bigint;

/** How long the user's JavaScript may keep the main thread from hearing an interrupt before it may be ended, in ms. */
const patienceMs = 50;

/**
 * The same while a cell has work that is to be finished first, such as saving what was trained, or a hook of a training's: ended, it
 * would be lost. The user is told, and a second interrupt waits for nothing.
 */
const finishingMs = 10_000;

/**
 * Which thread's code runs: the kernel's own work (compiling, completing, answering) must not be cut in half by an
 * interrupt, the user's may. Held in shared memory, so that the thread that interrupts can look while this one is busy.
 */
export class Guard {
  readonly memory: SharedArrayBuffer;
  /** By which both threads end the JavaScript that the main one runs. */
  readonly handshake: Handshake;
  readonly #state: Int32Array;
  /** When the main thread was last seen free, in nanoseconds. */
  readonly #time: BigInt64Array;
  /** Of how many interrupts a message has told. */
  #told = 0;
  /** How often it has waited for a child. */
  #waits = 0;

  constructor(memory = new SharedArrayBuffer((freeAt + 2) * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
    this.#time = new BigInt64Array(memory, freeAt * Int32Array.BYTES_PER_ELEMENT, 1);
    this.handshake = new Handshake(memory, handshakeAt * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Whether something goes on that no interrupt ends. */
  get closed(): boolean {
    return Atomics.load(this.#state, depthAt) > 0;
  }

  /** For how long the main thread has not been seen free of the user's code, in ms. */
  get busyMs(): number {
    return Number(clock() - Atomics.load(this.#time, 0)) / 1e6;
  }

  /** The main thread is free of the user's code: it runs the kernel's, or its event loop turns. */
  free(): void {
    Atomics.store(this.#time, 0, clock());
  }

  /** Whether all turns of the event loop are seen. */
  get followed(): boolean {
    return Atomics.load(this.#state, followedAt) > 0;
  }

  set followed(value: boolean) {
    Atomics.store(this.#state, followedAt, value ? 1 : 0);
  }

  /** Whether an interrupt should end the user's JavaScript, if that is what the main thread runs; known to it alone. */
  get mayEnd(): boolean {
    const isHeard = this.#told >= Atomics.load(this.#state, askedAt);
    return !this.closed && !isHeard && !this.throws && this.busyMs >= this.patienceMs;
  }

  /** How long the main thread may be busy before an interrupt ends what it runs, in ms. A second interrupt waits for nothing. */
  get patienceMs(): number {
    const isFirst = Atomics.load(this.#state, askedAt) - Atomics.load(this.#state, takenAt) <= 1;
    return isFirst && Atomics.load(this.#state, finishingAt) > 0 ? finishingMs : patienceMs;
  }

  /** How much work there is that is to be finished before an interrupt ends its cell. */
  set finishing(count: number) {
    Atomics.store(this.#state, finishingAt, count);
  }

  /** Whether the main thread waits for a child, and throws what an interrupt throws when that has ended. */
  get throws(): boolean {
    return this.wait !== 0 && this.asked;
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

  /** From now on the main thread knows of all that was asked for. */
  take(): void {
    Atomics.store(this.#state, takenAt, Atomics.load(this.#state, askedAt));
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
    try {
      return this.whole(work);
    } finally {
      this.free();
    }
  }

  /** Runs a part of the user's work that no interrupt cuts in half, as short as sending what it prints. */
  whole<T>(work: () => T): T {
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
