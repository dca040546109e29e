import { StringDecoder } from "node:string_decoder";
import { currentCell, type Cell } from "../cell";

/** One of the process's streams, by Jupyter's name. */
export type StreamName = "stdout" | "stderr";

const redirected: Redirected[] = [];

/**
 * Sends what the process prints to the cell that prints it.
 * @param before  takes what no cell prints. @default it goes where it went
 */
export function redirectStream(name: StreamName, before?: (chunk: string | Uint8Array) => void): void {
  const stream = process[name];
  const elsewhere = before ?? stream.write.bind(stream);
  const printed = new Redirected(name);
  redirected.push(printed);
  const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    const cell = currentCell();
    if (cell === undefined) {
      elsewhere(chunk);
      return true;
    }
    const [encoding] = rest;
    const isText = typeof encoding !== "string" || !Buffer.isEncoding(encoding) || /^utf-?8$/i.test(encoding);
    printed.print(typeof chunk === "string" && !isText ? Buffer.from(chunk, encoding) : chunk, cell);
    const done = rest.at(-1);
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
  Object.assign(stream, { write });
}

/** Prints what a cell that ends has begun and not ended: a character of which the first half alone was written. */
export function finishStreams(): void {
  for (const printed of redirected) printed.finish();
}

/** What a process prints on one stream, in whole characters: the halves of one may come in two writes. */
class Redirected {
  readonly #name: StreamName;
  /** Of bytes; it keeps those of a character that is not whole. */
  readonly #decoder = new StringDecoder("utf8");
  /** The first half of a surrogate pair. */
  #half = "";
  /** Who printed what is kept. */
  #cell: Cell | undefined;

  constructor(name: StreamName) {
    this.#name = name;
  }

  print(chunk: string | Uint8Array, cell: Cell): void {
    if (cell !== this.#cell) this.finish();
    this.#cell = cell;
    const text =
      typeof chunk === "string"
        ? this.#decoder.end() + this.#half + chunk
        : this.#half + this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const isCut = /[\ud800-\udbff]$/.test(text.slice(-1));
    this.#half = isCut ? text.slice(-1) : "";
    this.#publish(isCut ? text.slice(0, -1) : text);
  }

  finish(): void {
    const text = this.#half + this.#decoder.end();
    this.#half = "";
    this.#publish(text);
    this.#cell = undefined;
  }

  #publish(text: string): void {
    if (text !== "") this.#cell?.publish("stream", { name: this.#name, text });
  }
}
