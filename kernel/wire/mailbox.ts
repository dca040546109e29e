import { setImmediate as nextTurn } from "node:timers/promises";
import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";

/** How long messages are taken before sockets and timers have their turn, in ms. */
const turnMs = 5;

/** How much may wait before the sender has to, in characters and bytes. */
const capacity = 64 * 1024 * 1024;

/** How long is waited for an end that takes nothing, in ms. */
const patienceMs = 1_000;

/** Where in the shared memory stands what. */
const [bellAt, waitingAt] = [0, 1];

/** The memory that both ends of a mailbox share. */
export const createMailboxMemory = (): SharedArrayBuffer => new SharedArrayBuffer(8);

/**
 * Sends messages to a thread at the speed of a loop that prints, without drowning it: the other end takes them in turns
 * with its other work, is woken only when it sleeps, and when too much waits, the sender waits.
 */
export class Outbox {
  readonly #port: MessagePort;
  readonly #ring: () => void;
  readonly #state: Int32Array;
  readonly #mark: () => unknown;

  /**
   * @param ring  wakes the other end: has its Inbox.take() called
   * @param mark  gives what goes with each message, e.g. what else there was when it was sent
   */
  constructor(port: MessagePort, memory: SharedArrayBuffer, ring: () => void, mark: () => unknown) {
    this.#port = port;
    this.#ring = ring;
    this.#mark = mark;
    this.#state = new Int32Array(memory);
  }

  /** @param size  roughly the message's size in bytes, 1 or more */
  send(message: unknown, size: number): void {
    this.#waitUntilBelow(capacity);
    Atomics.add(this.#state, waitingAt, size);
    this.#port.postMessage({ message, size, mark: this.#mark() });
    if (Atomics.exchange(this.#state, bellAt, 1) === 0) this.#ring();
  }

  /** Waits until all messages are used; not for ever for an end that uses none. */
  flush(): void {
    this.#waitUntilBelow(1);
  }

  #waitUntilBelow(limit: number): void {
    for (;;) {
      const waiting = Atomics.load(this.#state, waitingAt);
      if (waiting < limit) return;
      if (Atomics.wait(this.#state, waitingAt, waiting, patienceMs) === "timed-out") return;
    }
  }
}

/** What an Inbox does; nothing of it throws. */
export interface InboxOptions<T, M> {
  /** Does what a message says; the next one comes when it is done. */
  readonly use: (message: T, mark: M) => void | Promise<void>;
  /** The mark of now. */
  readonly mark: () => M;
  /** All messages are used that were sent before that mark. */
  readonly onEmpty: (mark: M) => void;
}

/** The other end of an Outbox. */
export class Inbox<T, M> {
  readonly #port: MessagePort;
  readonly #state: Int32Array;
  readonly #options: InboxOptions<T, M>;
  #busy = false;

  constructor(port: MessagePort, memory: SharedArrayBuffer, options: InboxOptions<T, M>) {
    this.#port = port;
    this.#state = new Int32Array(memory);
    this.#options = options;
  }

  /** Takes all messages that wait. */
  async take(): Promise<void> {
    Atomics.store(this.#state, bellAt, 0);
    if (this.#busy) return; // the messages that the bell rang for are taken there
    this.#busy = true;
    let turnEnds = performance.now() + turnMs;
    for (;;) {
      let post = this.#next();
      if (post === undefined) {
        const mark = this.#options.mark();
        post = this.#next(); // one that was sent before the mark
        if (post === undefined) {
          this.#options.onEmpty(mark);
          break;
        }
      }
      await this.#options.use(post.message, post.mark);
      Atomics.sub(this.#state, waitingAt, post.size);
      Atomics.notify(this.#state, waitingAt);
      if (performance.now() < turnEnds) continue;
      await nextTurn();
      turnEnds = performance.now() + turnMs;
    }
    this.#busy = false;
  }

  #next(): { readonly message: T; readonly size: number; readonly mark: M } | undefined {
    const received: { message: { message: T; size: number; mark: M } } | undefined = receiveMessageOnPort(
      this.#port,
    );
    return received?.message;
  }
}
