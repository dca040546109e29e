import { type Json } from "../protocol";

/** A message of the kernel. */
export interface Received {
  readonly type: string;
  readonly content: Json;
  /** The id of the request that it belongs to. */
  readonly parent: string | undefined;
  /** Its own header, by which it is answered. */
  readonly header: Json;
}

/** What a kernel says on its own. */
export interface LinkEvents {
  /** Takes outputs and questions. */
  readonly onMessage: (message: Received) => void;
  /** The kernel's process has ended. */
  readonly onGone: () => void;
}

/** A way to a kernel that speaks Jupyter's protocol: over sockets, or inside this process. */
export interface Link {
  /** Says who hears the kernel from now on. */
  listen(events: LinkEvents): void;
  /** Sends a request. @returns its id */
  send(type: string, content: Json): string;
  /**
   * The reply to a request that was just sent.
   * @throws {NoAnswerError} if there is none in time
   */
  reply(id: string, timeoutMs?: number): Promise<Received>;
  /** Answers an input_request. */
  answer(question: Received, value: string): void;
  /** Tells that an input_request can't be answered. */
  refuse(question: Received, error: Error): void;
  /** Stops the running cell. */
  interrupt(): void;
  close(): Promise<void>;
}

/** A request was not answered in time. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

/** Requests that wait for their replies. */
export class Replies {
  readonly #waiting = new Map<string, (reply: Received) => void>();

  /** @throws {NoAnswerError} if there is none in time */
  wait(id: string, timeoutMs?: number): Promise<Received> {
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#waiting.delete(id);
        reject(new NoAnswerError(`Cannot reach kernel: expected an answer in ${timeoutMs} ms, got none`));
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
    });
  }

  /** Gives a reply to who waits for it. @returns whether anyone did */
  take(message: Received): boolean {
    const waiting = message.parent === undefined ? undefined : this.#waiting.get(message.parent);
    if (waiting === undefined || !message.type.endsWith("_reply")) return false;
    this.#waiting.delete(message.parent ?? "");
    waiting(message);
    return true;
  }
}
