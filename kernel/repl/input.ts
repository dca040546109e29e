import { emitKeypressEvents, type Key as ReadlineKey } from "node:readline";
import { PassThrough } from "node:stream";
import { type ReadStream } from "node:tty";
import { keyOf, type Key } from "./editor/keys";

/** What a terminal answers to questions about itself: device attributes, cell size, kitty's graphics. */

const answer = /\x1b\[\?[\d;]*c|\x1b\[6;\d+;\d+t|\x1b_G[^\x1b]*\x1b\\/g;

/** What may be the beginning of such an answer. */

const unfinished = /\x1b(?:_[^\x1b]*\x1b?|\[\??[\d;]*)?$/;

/** How long a lone ESC may be the beginning of a longer sequence. */
const escapeMs = 50;

/** The keys of a terminal, one after the other, also those typed before anyone asked; its answers go elsewhere. */
export class Keys {
  readonly #source = new PassThrough({ encoding: "utf8" });
  readonly #waiting: Key[] = [];
  readonly #onAnswer: (answer: string) => void;
  #receiver: ((key: Key | undefined) => void) | undefined;
  #held = "";
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  /** @param onAnswer  takes the terminal's answers about itself */
  constructor(input: ReadStream, onAnswer: (answer: string) => void) {
    this.#onAnswer = onAnswer;
    emitKeypressEvents(this.#source);
    this.#source.on("keypress", (text: string | undefined, key: ReadlineKey) => this.#push(keyOf(text, key)));
    input.setEncoding("utf8");
    input.on("data", (data: string) => this.#take(data));
    input.on("end", () => {
      this.#ended = true;
      this.#receiver?.(undefined);
    });
  }

  /** Whether a key is there already. */
  get ready(): boolean {
    return this.#waiting.length > 0;
  }

  /** The next key; undefined when the terminal is gone. */
  next(): Promise<Key | undefined> {
    const key = this.#waiting.shift();
    if (key !== undefined || this.#ended) return Promise.resolve(key);
    return new Promise((resolve) => {
      this.#receiver = resolve;
    });
  }

  /** Forgets what was typed ahead. */
  drop(): void {
    this.#waiting.length = 0;
  }

  #take(data: string): void {
    clearTimeout(this.#timer);
    const text = (this.#held + data).replace(answer, (found) => {
      this.#onAnswer(found);
      return "";
    });
    const rest = unfinished.exec(text)?.[0] ?? "";
    this.#held = rest;
    if (text.length > rest.length) this.#source.write(text.slice(0, text.length - rest.length));
    if (rest !== "") this.#timer = setTimeout(() => this.#release(), escapeMs);
  }

  #release(): void {
    const text = this.#held;
    this.#held = "";
    if (text === "\x1b") this.#push({ text: "", name: "escape", sequence: text });
    else this.#source.write(text);
  }

  #push(key: Key): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    if (receiver === undefined) this.#waiting.push(key);
    else receiver(key);
  }
}
