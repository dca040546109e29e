import { type Posted } from "./post";

/** A message to all of the main thread. */
export type Publication = Extract<Posted, { kind: "publish" }>;

/** How long printed text may wait for more, in ms: what a person sees as at once. */
const waitMs = 20;

/** How long a text may become by joining, in characters. */
const longest = 1 << 20;

const ends = {
  stdout: '{"name":"stdout","text":"',
  stderr: '{"name":"stderr","text":"',
  after: '"}',
} as const;

/**
 * Joins what is printed in quick succession: a client pays for each message, so a loop that prints line by line would keep
 * it busy long after its end.
 */
export class Joiner {
  readonly #send: (message: Publication) => void;
  #first: Publication | undefined;
  /** The texts that wait, as JSON writes them between its quotes. */
  #texts: string[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param send  sends joined texts when the time is up */
  constructor(send: (message: Publication) => void) {
    this.#send = send;
  }

  /** Takes a message if its text can wait for more; else it is to be sent now, after those of flush(). */
  take(message: Publication): boolean {
    const start = startOf(message);
    if (start === undefined || message.content.length > longest) return false;
    if (!this.#fits(message, start)) this.flush();
    if (this.#first === undefined) {
      this.#first = message;
      this.#timer = setTimeout(() => this.flush(), waitMs);
    }
    this.#texts.push(message.content.slice(start.length, -ends.after.length));
    this.#length += message.content.length;
    return true;
  }

  /** Sends what waits: to be called before anything else is sent. */
  flush(): void {
    const first = this.#first;
    if (first === undefined) return;
    clearTimeout(this.#timer);
    const content = `${startOf(first) ?? ""}${this.#texts.join("")}${ends.after}`;
    this.#first = undefined;
    this.#texts = [];
    this.#length = 0;
    this.#send({ ...first, content });
  }

  #fits({ parent, content }: Publication, start: string): boolean {
    const first = this.#first;
    if (first === undefined) return true;
    return (
      first.parent === parent && first.content.startsWith(start) && this.#length + content.length <= longest
    );
  }
}

/** How a stream's content begins; undefined for what is no plain printed text. */
function startOf({ type, content, metadata, buffers }: Publication): string | undefined {
  if (type !== "stream" || metadata !== "{}" || buffers.length > 0) return undefined;
  return [ends.stdout, ends.stderr].find((start) => content.startsWith(start));
}
