import { StringDecoder } from "node:string_decoder";
import type { StreamName } from "../output/streams";
import type { Descriptors, Marks } from "./descriptors";

/** Reads what is printed below JavaScript, in the thread that is never busy: who prints would wait for ever otherwise. */
export class Printed {
  readonly #descriptors: Descriptors;
  readonly #print: (name: StreamName, text: string) => void;
  /** They keep the bytes of a character that is not whole. */
  readonly #decoders = [new StringDecoder("utf8"), new StringDecoder("utf8")] as const;

  /**
   * @param onReadable  is called when there is something to read, until next of which arm() must be called
   * @param print       takes what was printed
   */
  constructor(
    descriptors: Descriptors,
    onReadable: () => void,
    print: (name: StreamName, text: string) => void,
  ) {
    this.#descriptors = descriptors;
    this.#print = print;
    descriptors.watch(onReadable);
    descriptors.arm();
  }

  /** How much was printed so far. */
  get marks(): Marks {
    return this.#descriptors.written();
  }

  /** Prints what was printed before that much was. */
  upTo(marks: Marks): void {
    for (const index of [0, 1] as const) {
      const bytes = this.#descriptors.read(index, marks[index]);
      if (bytes.length > 0)
        this.#print(index === 0 ? "stdout" : "stderr", this.#decoders[index].write(bytes));
    }
  }

  /** Waits for more. */
  arm(): void {
    this.#descriptors.arm();
  }
}
