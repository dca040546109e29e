import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Publish } from "./cell";
import { errorReply, replyType, type Json, type Request, type ToWire } from "./protocol";

/** Answers a request: gives the reply's content, undefined for messages that have no reply. */
export type Handler = (request: Request, publish: Publish) => Json | undefined | Promise<Json | undefined>;

/** How long after each other requests may arrive that were sent together, in ms: those behind a failed cell are to be aborted. */
const abortWindowMs = 20;

/** The cells of a shell, the main one or a subshell: they run one after the other. */
interface Shell {
  queue: Promise<unknown>;
  received: number;
  /** When the last one came. */
  receivedAt: number;
  ended: number;
  abortUpTo: number;
}

/** Answers requests: the cells of a shell in the order they came in, all else at once, so also while a cell awaits. */
export class Dispatcher {
  readonly #handlers: Readonly<Record<string, Handler>>;
  readonly #send: (message: ToWire) => void;
  /** Those that have cells to run, by subshell_id; the main one under "". */
  readonly #shells = new Map<string, Shell>();
  #interruptNext = false;

  /** @param handlers  by the requests' msg_type */
  constructor(handlers: Readonly<Record<string, Handler>>, send: (message: ToWire) => void) {
    this.#handlers = handlers;
    this.#send = send;
  }

  /** The user wants the cells to stop that wait: the first of them ends as interrupted, and the others as it asked for. */
  interruptWaiting(): void {
    this.#interruptNext = this.#shells.size > 0;
  }

  /** Whether the cell that begins was interrupted while it waited. */
  takeInterrupt(): boolean {
    const taken = this.#interruptNext;
    this.#interruptNext = false;
    return taken;
  }

  /** Takes a request of the front end. */
  receive(request: Request): void {
    if (request.header.msg_type === "execute_request") this.#enqueue(request);
    else void this.#answer(request, (publish) => this.#handle(request, publish));
  }

  #enqueue(request: Request): void {
    const name = request.header.subshell_id ?? "";
    const shell = this.#shells.get(name) ?? {
      queue: Promise.resolve(),
      received: 0,
      receivedAt: 0,
      ended: 0,
      abortUpTo: 0,
    };
    this.#shells.set(name, shell);
    shell.receivedAt = performance.now();
    const order = ++shell.received;
    shell.queue = shell.queue
      .then(() => this.#answer(request, (publish) => this.#execute(request, publish, shell, order)))
      .then(() => {
        if (++shell.ended === shell.received) this.#shells.delete(name);
        if (this.#shells.size === 0) this.#interruptNext = false; // what comes now has not waited
      });
  }

  async #answer(request: Request, handle: (publish: Publish) => Promise<Json | undefined>): Promise<void> {
    const publish: Publish = (type, content, extras) =>
      this.#send({ kind: "publish", parent: request.header, type, content, ...(extras && { extras }) });
    publish("status", { execution_state: "busy" });
    const content = await handle(publish);
    if (content !== undefined)
      this.#send({ kind: "reply", to: request, type: replyType(request.header), content });
    publish("status", { execution_state: "idle" });
  }

  async #execute(request: Request, publish: Publish, shell: Shell, order: number): Promise<Json | undefined> {
    if (order <= shell.abortUpTo) return { status: "aborted" };
    const content = await this.#handle(request, publish);
    if (content?.["status"] === "error" && request.content["stop_on_error"] !== false) {
      await nextTurn(); // hears those that came while the cell was busy; a timer alone is due at once after a busy loop
      await sleep(Math.max(abortWindowMs - (performance.now() - shell.receivedAt), 1));
      await nextTurn();
      shell.abortUpTo = shell.received;
    }
    return content;
  }

  async #handle(request: Request, publish: Publish): Promise<Json | undefined> {
    const type = request.header.msg_type;
    const handler = Object.hasOwn(this.#handlers, type) ? this.#handlers[type] : undefined;
    if (handler === undefined) {
      console.error(`Cannot answer request: expected a message of Jupyter's protocol, got "${type}"`);
      return undefined;
    }
    try {
      return await handler(request, publish);
    } catch (error) {
      return errorReply(error);
    }
  }
}
