/** Frames on their way into a file: they go out in the order in which they were handed in, off the main thread. */
import { closeSync, openSync, writeSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { frameRecord, reasonOf } from "../tensorflow";

/** A record, or one that is still being made; undefined if it could not be. */
export type Pending = Uint8Array | Promise<Uint8Array | undefined>;

/** Options of RecordQueue. */
export interface RecordQueueOptions {
  readonly flushSecs: number;
  readonly maxQueue: number;
}

/** The queues that wait for their time; a process that has nothing else to do writes them. */
const waiting = new Set<RecordQueue>();
process.on("beforeExit", () => {
  for (const queue of waiting) queue.flush().catch(() => undefined);
});

/** A file that grows by whole records. The caller closes it. */
export class RecordQueue {
  private readonly file: Promise<FileHandle>;
  private pending: Pending[] = [];
  private last: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private failure: Error | undefined;
  private size: number;
  private isClosed = false;

  /** Makes the file, which must not exist, with its first record. */
  constructor(
    readonly path: string,
    first: Uint8Array,
    private readonly options: RecordQueueOptions,
  ) {
    const frame = frameRecord(first);
    const created = openSync(path, "wx");
    try {
      writeSync(created, frame);
    } finally {
      closeSync(created);
    }
    this.size = frame.length;
    this.file = open(path, "a");
    this.file.catch(() => undefined); // the first write says it
  }

  /**
   * Hands a record in. It is in the file after the next flush, after `flushSecs`, or when `maxQueue` others wait.
   * @throws {Error} if the file is closed or could not be written
   */
  add(record: Pending): void {
    this.expectWritable();
    this.pending.push(record);
    if (this.pending.length > this.options.maxQueue) {
      this.flush().catch(() => undefined); // the next call says it
      return;
    }
    waiting.add(this);
    this.timer ??= setTimeout(() => {
      this.flush().catch(() => undefined);
    }, this.options.flushSecs * 1000).unref();
  }

  /** Resolves when all that was handed in is in the file. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    waiting.delete(this);
    const records = this.pending;
    this.pending = [];
    this.last = this.last.then(() => this.write(records));
    const written = this.last.then(() => {
      if (this.failure !== undefined) throw this.failure;
    });
    return written;
  }

  /** Flushes and closes; may be called again. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      await this.flush();
    } finally {
      await this.file.then(
        (file) => file.close(),
        () => undefined,
      );
    }
  }

  /** Never rejects: what went wrong is kept for those who ask. */
  private async write(records: readonly Pending[]): Promise<void> {
    const made = await Promise.all(records.map((record) => Promise.resolve(record)));
    if (this.failure !== undefined) return;
    const frames = Buffer.concat(made.flatMap((record) => (record === undefined ? [] : frameRecord(record))));
    if (frames.length === 0) return;
    try {
      const file = await this.file;
      await file.appendFile(frames);
      this.size += frames.length;
    } catch (error) {
      this.failure = new Error(
        `Cannot write events to "${this.path}": expected a file that can grow, got ${reasonOf(error)}`,
        { cause: error },
      );
      await this.cutBack();
    }
  }

  /** Takes back a record of which only a part was written. */
  private async cutBack(): Promise<void> {
    try {
      await (await this.file).truncate(this.size);
    } catch {
      // readers stop before a record that is cut off
    }
  }

  private expectWritable(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.isClosed)
      throw new Error(
        `Cannot write events to "${this.path}": expected an open writer, got one that is closed`,
      );
  }
}
