/** The records that a dataset leaves out, since they can't be decoded. */
import type { tf } from "../tensorflow";
import { countRecords } from "./epochs";
import type { RecordError } from "./recorderror";

/** Bad records that any dataset may begin with, or have more of than good ones. */
const SOME = 100;

/** Where records were looked for: of so many that were tried, `good` were decoded. */
export interface Search {
  /** The files that are read, as far as they are known. */
  readonly files: readonly string[];
  readonly good: number;
}

/** Records that can't be decoded, each once. */
export class BadRecords {
  private readonly found: RecordError[] = [];
  private total: number | undefined;

  /** Told of the step's dataset when one is built, and of how many elements come before it. */
  onBuild: ((dataset: tf.Tensor, skip: number) => void) | undefined;

  /** @param onError  told of each */
  constructor(private readonly onError: ((error: RecordError) => void) | undefined) {}

  /** In the order in which they were found. */
  get errors(): readonly RecordError[] {
    return this.found;
  }

  /**
   * Leaves out a record from now on.
   * @throws {Error} if most of what was tried, or of what there is, can't be decoded: then it is not the records that are wrong
   */
  add(error: RecordError, { files, good }: Search): void {
    if (this.found.some(({ bytes }) => Buffer.compare(bytes, error.bytes) === 0)) return;
    const placed = error.locatedIn(files);
    this.found.push(placed);
    this.onError?.(placed);
    const bad = this.found.length;
    this.total ??= countRecords(files, { size: 1, rank: 0 }) ?? Infinity;
    const isMost = bad >= SOME && bad > good;
    if (!isMost && (this.total === 0 || bad * 2 <= this.total)) return;
    const of = isMost ? bad + good : this.total;
    throw new Error(
      `Cannot leave out bad records: expected at most half of them, got ${bad} of ${of}; the last: ${placed.message}`,
      { cause: placed },
    );
  }
}
