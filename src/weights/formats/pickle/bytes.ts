/** The bytes of a pickle, one after the other, of which a window is in memory. */
import { damaged, type ByteFile } from "../bytefile";

const WINDOW = 1 << 16;

/** Reads a part of a file from its start to its end. */
export class ByteReader {
  #window = Buffer.alloc(0);
  /** Where the window begins in the file. */
  #start: number;
  #position = 0;

  /**
   * @param file
   * @param offset  of the part, in bytes
   * @param end     beyond which nothing is read
   */
  constructor(
    readonly file: ByteFile,
    offset: number,
    readonly end: number,
  ) {
    this.#start = offset;
  }

  /** Of the next byte in the file. */
  get offset(): number {
    return this.#start + this.#position;
  }

  /**
   * The next bytes; they stay as they are.
   * @throws {Error} that names the file and the offset, if there are fewer
   */
  take(count: number): Buffer {
    if (count > this.end - this.offset) {
      const what = `${count} bytes of a pickle`;
      throw damaged(this.file.path, what, this.offset, `its end at byte ${this.end}`);
    }
    if (this.#position + count > this.#window.length) this.#fill(count);
    const taken = this.#window.subarray(this.#position, this.#position + count);
    this.#position += count;
    return taken;
  }

  #fill(count: number): void {
    const start = this.offset;
    this.#window = Buffer.alloc(Math.min(Math.max(count, WINDOW), this.end - start));
    this.file.read("a pickle", start, this.#window);
    this.#start = start;
    this.#position = 0;
  }
}
