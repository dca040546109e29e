/** The names of photos' files, where an input tells them. */
import { bytesOf } from "../../tensorflow";
import type { Batch } from "./batch";

/** Names that come batch by batch. */
export class Filenames {
  private readonly names: string[] = [];

  /**
   * Adds those of a batch; "" for each photo of one that has none.
   * @param what  what they are for, for the error
   * @throws {TypeError} if there is not one a photo
   */
  add({ image, filename }: Batch[0], what: string): void {
    const [count] = image.shape;
    if (filename === undefined) {
      for (let photo = 0; photo < count; photo++) this.names.push("");
      return;
    }
    const { dtype, shape } = filename;
    if (dtype !== "string" || shape.length !== 1 || shape[0] !== count)
      throw new TypeError(
        `Cannot ${what}: expected a filename of each image, string [${count}], got ${dtype} [${shape.join(", ")}]`,
      );
    for (const name of bytesOf(filename)) this.names.push(Buffer.from(name).toString());
  }

  /** One a photo, "" where it has none; undefined if none has one. */
  all(): readonly string[] | undefined {
    return this.names.some((name) => name !== "") ? this.names : undefined;
  }
}
