import { setTimeout as sleep } from "node:timers/promises";
import type { Publish } from "./cell";
import { errorReply, replyType, type Json, type Request, type ToWire } from "./protocol";

/** Answers a request: gives the reply's content, undefined for messages that have no reply. */
export type Handler = (request: Request, publish: Publish) => Json | undefined | Promise<Json | undefined>;

/** How long requests that were queued behind a failed cell may take to arrive, so as to be aborted. */
const abortWindowMs = 20;

/** Answers requests one after the other, in the order they came in. */
export class Dispatcher {
  readonly #handlers: Readonly<Record<string, Handler>>;
  readonly #send: (message: ToWire) => void;
  #queue: Promise<unknown> = Promise.resolve();
  #received = 0;
  #abortUpTo = 0;
  #answered = 0;
  #interruptNext = false;

  /** @param handlers  by the requests' msg_type */
  constructor(handlers: Readonly<Record<string, Handler>>, send: (message: ToWire) => void) {
    this.#handlers = handlers;
    this.#send = send;
  }

  /** The user wants the cells to stop that wait: the first of them ends as interrupted, and the others as it asked for. */
  interruptWaiting(): void {
    this.#interruptNext = this.#answered < this.#received;
  }

  /** Whether the cell that begins was interrupted while it waited. */
  takeInterrupt(): boolean {
    const taken = this.#interruptNext;
    this.#interruptNext = false;
    return taken;
  }

  /** Takes a request of the front end. */
  receive(request: Request): void {
    const order = ++this.#received;
    this.#queue = this.#queue.then(() => this.#answer(request, order));
  }

  async #answer(request: Request, order: number): Promise<void> {
    const publish: Publish = (type, content, extras) =>
      this.#send({ kind: "publish", parent: request.header, type, content, ...(extras && { extras }) });
    publish("status", { execution_state: "busy" });
    const content = await this.#contentOf(request, order, publish);
    if (content !== undefined) {
      this.#send({ kind: "reply", to: request, type: replyType(request.header), content });
    }
    publish("status", { execution_state: "idle" });
    this.#answered++;
  }

  async #contentOf(request: Request, order: number, publish: Publish): Promise<Json | undefined> {
    const type = request.header.msg_type;
    if (type === "execute_request" && order <= this.#abortUpTo) return { status: "aborted" };
    const handler = Object.hasOwn(this.#handlers, type) ? this.#handlers[type] : undefined;
    if (handler === undefined) {
      console.error(`Cannot answer request: expected a message of Jupyter's protocol, got "${type}"`);
      return undefined;
    }
    try {
      const content = await handler(request, publish);
      if (type === "execute_request" && content?.["status"] === "error") await this.#abortQueued(request);
      return content;
    } catch (error) {
      return errorReply(error);
    }
  }

  /** Has the cells that were queued behind a failed one aborted, if it asked for that. */
  async #abortQueued({ content }: Request): Promise<void> {
    if (content["stop_on_error"] === false) return;
    await sleep(abortWindowMs);
    this.#abortUpTo = this.#received;
  }
}
