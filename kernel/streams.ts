/** One of the process's streams, by Jupyter's name. */
export type StreamName = "stdout" | "stderr";

/** How long printed text may wait for more: a loop that prints costs a client a message per period, not per line. */
const periodMs = 50;

/** Printed text on its way to the notebook, joined to larger pieces in the order of printing. */
export class Streams {
  readonly #send: (name: StreamName, text: string) => void;
  #name: StreamName = "stdout";
  #text = "";
  #sentAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (name: StreamName, text: string) => void) {
    this.#send = send;
  }

  /** Takes what the process prints from now on. */
  redirect(name: StreamName): void {
    const decoder = new TextDecoder();
    const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
      this.#write(name, typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
      const done = rest.at(-1);
      if (typeof done === "function") process.nextTick(done);
      return true;
    };
    Object.assign(process[name], { write });
  }

  /** Sends what is waiting; to be called before any other message, so that outputs stay in order. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#sentAt = performance.now();
    this.#send(this.#name, text);
  }

  #write(name: StreamName, text: string): void {
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#text += text;
    if (performance.now() - this.#sentAt >= periodMs) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), periodMs);
  }
}
