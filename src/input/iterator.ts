import { deserializeIterator, nextElement, serializeIterator, tf, TensorFlowError } from "../tensorflow";
import { cellSignal } from "../interrupt";
import { expectWholeFiles } from "./corrupt";
import { unlessAborted } from "./abort";
import { findCulprit } from "./culprit";
import { Draws, type Chance, type Draw } from "./draws";
import { readableError } from "./failure";
import { badOf, leaveOutAgain, leaveOutNext, placesOf } from "./leaveout";
import { openIterator, type Native, type Opened } from "./native";
import { chancesOf, Held, knownFiles, type ElementSpec, type Plan, type Start } from "./plan";
import { encodePosition, readPosition, writePosition, type Position } from "./position";
import { cleaned } from "./reason";
import type { RecordError } from "./recorderror";

/** Options of Dataset.iterator(). */
export interface IteratorOptions {
  /** Ends the iteration: a read under way rejects with the signal's reason. @default never */
  readonly signal?: AbortSignal;
}

/**
 * One pass over a dataset, element by element.
 *
 * The tensors of an element are disposed when the next one is asked for and when the iteration ends; `tf.keep(tensor)` or
 * `tensor.clone()` what is to live longer. At its end, at an error, and at `return()` (a `break` out of `for await`) the iterator
 * frees what it holds in TensorFlow.
 */
export class DatasetIterator<T> implements AsyncIterableIterator<T> {
  private readonly native = new Held<tf.Tensor>();
  private readonly spec: ElementSpec<T>;
  private readonly signal: AbortSignal | undefined;
  private readonly whole: Promise<void>;
  private damage: Error | undefined;
  private current: readonly tf.Tensor[] = [];
  /** The element that is being read; an interrupt leaves it for the next call. */
  private reading: Promise<tf.Tensor[]> | undefined;
  /** Elements given. */
  private count = 0;
  private draws: ReadonlyMap<Chance, Draw>;
  /** How the native iterator was opened. */
  private opened: Opened = { skip: 0, without: 0 };
  private done = false;
  /** Calls that have not ended. */
  private turns = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** @internal Made by Dataset.iterator(). */
  constructor(
    /** @internal */
    readonly plan: Plan<T>,
    options: IteratorOptions = {},
  ) {
    this.signal = options.signal;
    this.signal?.throwIfAborted();
    try {
      this.spec = plan.spec();
      this.draws = new Map([...chancesOf(plan)].map(([chance, times]) => [chance, chance.begin(times)]));
      this.native.get(() => this.use(this.openAt(0, this.draws)));
    } catch (error) {
      throw readableError(error, plan, undefined);
    }
    this.native.releaseWith(this);
    const { native } = this;
    this.whole = expectWholeFiles(knownFiles(plan), () => native.peek() === undefined);
    this.whole.catch((error: unknown) => {
      this.damage = error instanceof Error ? error : new Error(String(error));
    });
  }

  /**
   * The next element; the one before is disposed. If the running cell is interrupted it rejects, and the next call gives what
   * this one would have given.
   * @throws {CorruptRecordError} if a TFRecord file is truncated or damaged
   * @throws {RecordError} if a TFRecord can't be decoded: the first such of the files, which are looked through for a minute
   * @throws {Error} with TensorFlow's reason, if the element can't be computed
   */
  next(): Promise<IteratorResult<T, undefined>> {
    return this.inTurn(async () => {
      this.disposeCurrent();
      const leaves = await this.read();
      if (leaves === undefined) return { done: true, value: undefined };
      this.current = leaves;
      return { done: false, value: this.spec.form.build(leaves) };
    });
  }

  /** As next(), but the element is the caller's to dispose; undefined at the end. */
  take(): Promise<T | undefined> {
    return this.inTurn(async () => {
      const leaves = await this.read();
      return leaves === undefined ? undefined : this.spec.form.build(leaves);
    });
  }

  /** The records that ignoreErrors() has left out so far, in all iterations of the dataset, each once. */
  get bad(): readonly RecordError[] {
    return badOf(this.plan);
  }

  /** Ends the iteration. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.dispose();
    return Promise.resolve({ done: true, value: undefined });
  }

  /**
   * Where the iteration is, as bytes for restore(), with what waits in buffers: TensorFlow's own state of an iterator, which
   * holds the records in a shuffle and the decoded images of a map, a batch and a prefetch, and which stops the main thread while
   * it is made. Restoring it reads nothing again: for datasets whose order position() can't repeat, or that are far from their
   * beginning. Not saved: what a cache holds in memory.
   * @throws {Error} if a step of the dataset can't tell where it is, or an interrupted read has left an element
   */
  state(): Promise<Uint8Array> {
    return this.inTurn(() => {
      if (this.reading !== undefined)
        throw new Error(
          "Cannot save the iterator's state: expected no element read ahead, got an interrupted read's",
        );
      try {
        const state = serializeIterator(this.open());
        const position = encodePosition(this.plan, { ...this.place, opened: this.opened.skip });
        const size = Buffer.alloc(SIZE_BYTES);
        size.writeUInt32LE(position.length);
        return Promise.resolve(new Uint8Array(Buffer.concat([size, position, state])));
      } catch (error) {
        throw readableError(error, this.plan, this.count);
      }
    });
  }

  /**
   * Goes to where an iterator over a dataset made by the same steps was; the next element is the one that followed there.
   * @param state  what state() gave
   * @throws {Error} if the state is of another dataset
   */
  restore(state: Uint8Array): Promise<void> {
    return this.inTurn(() => {
      const end = SIZE_BYTES + (state.length < SIZE_BYTES ? 0 : Buffer.from(state).readUInt32LE());
      this.open();
      const position = readPosition(this.plan, state.subarray(SIZE_BYTES, end));
      leaveOutAgain(this.plan, position.leftOut);
      const moved = this.openAt(position.opened ?? 0, position.draws);
      try {
        deserializeIterator(moved.value, state.subarray(end));
      } catch (cause) {
        moved.free();
        const reason = cause instanceof TensorFlowError ? cleaned(cause.reason) : String(cause);
        const what = "Cannot restore iterator: expected the state of a dataset of the same steps";
        throw new Error(`${what}, got: ${reason}`, { cause });
      }
      this.moveTo(position, moved);
      return Promise.resolve();
    });
  }

  /**
   * Where the iteration is after the element given last, as a few hundred bytes for seek(): how many elements it gave, and the
   * seeds of what the steps draw, also of those that were given none. An element that is being read is not among them.
   *
   * Counting is what checkpoints hold, not state(): of createInputFn()'s batches of 64 photos, shuffled in 2,048, state() makes
   * 255 MB in 5 s, during which nothing else runs; a position is 313 bytes in 1 ms. Its price is paid at seek(), by reading
   * records again, undecoded: 13,000 a second with a shuffle on two cores.
   * @throws {TypeError} if the order of the elements can't be repeated: map() or interleave() with `deterministic: false`, or a
   * shuffle() inside of interleave()'s function
   */
  position(): Uint8Array {
    return writePosition(this.plan, this.place);
  }

  /**
   * Goes to where an iterator over a dataset of the same steps and files was, in this process or another; the next element is
   * the one that followed there.
   *
   * Elements before it are left out where they are cheapest: before map(), batch(), prefetch(), zip(), take() and shard() they
   * are not made; shuffle(), repeat(), interleave(), filter(), cache() and concatenate() read through them.
   * @param position  what position() gave
   * @throws {RangeError} that tells the steps which differ, if it is one of another dataset or of other files; nothing has changed
   * @throws {Error} if the iterator is at its end, or an element is being read
   */
  seek(position: Uint8Array): void {
    this.open();
    if (this.turns > 0)
      throw new Error("Cannot move iterator: expected none of its elements being read, got some");
    const found = readPosition(this.plan, position);
    leaveOutAgain(this.plan, found.leftOut);
    this.moveTo(found, this.openAt(found.count, found.draws));
  }

  private get place(): Position {
    return { count: this.count, draws: this.draws, leftOut: placesOf(this.plan) };
  }

  private moveTo({ count, draws }: Position, native: Native & Opened): void {
    this.disposeCurrent();
    this.reading?.then(tf.dispose, () => undefined);
    this.reading = undefined;
    this.native.release();
    this.native.get(() => this.use(native));
    this.count = count;
    this.draws = draws;
  }

  /** Frees what the iterator holds, the current element included. */
  dispose(): void {
    this.done = true;
    this.disposeCurrent();
    this.reading?.then(tf.dispose, () => undefined);
    this.reading = undefined;
    this.native.release();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private inTurn<R>(work: () => Promise<R>): Promise<R> {
    this.turns++;
    const result = this.last.then(work).finally(() => this.turns--);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async read(): Promise<tf.Tensor[] | undefined> {
    if (this.done) return undefined;
    const interrupt = cellSignal();
    interrupt?.throwIfAborted();
    try {
      if (this.damage !== undefined) throw this.damage;
      this.reading ??= nextElement(this.open(), this.spec.types);
      const leaves = await unlessAborted(this.reading, this.signal, interrupt);
      if (this.isDisposed) return undefined; // meanwhile
      this.reading = undefined;
      this.count++;
      return leaves;
    } catch (error) {
      const isInterrupt = interrupt?.aborted === true && this.signal?.aborted !== true;
      if (isInterrupt && error === interrupt.reason) throw error; // what is read then waits for who goes on
      const ended = error instanceof TensorFlowError && error.code === "OUT_OF_RANGE";
      if (!ended && (await this.leavesOut(error))) return this.read();
      this.dispose();
      if (!ended) throw (await findCulprit(error, this.plan)) ?? readableError(error, this.plan, this.count);
      await this.whole;
      return undefined;
    }
  }

  /** Whether an error was a record's that is left out from now on, so that reading goes on where it is. */
  private async leavesOut(error: unknown): Promise<boolean> {
    try {
      const start = (): Start => ({ skip: this.count, draws: new Draws(this.draws) });
      const isKnown = badOf(this.plan).length > this.opened.without; // found by another iteration
      if (!isKnown && !(await leaveOutNext(error, this.plan, start()))) return false;
    } catch (failure) {
      this.dispose();
      throw readableError(failure, this.plan, this.count);
    }
    this.reading = undefined;
    this.native.release();
    return true;
  }

  /** A getter, since done may change while something is awaited. */
  private get isDisposed(): boolean {
    return this.done;
  }

  private open(): tf.Tensor {
    if (this.done)
      throw new Error("Cannot use iterator: expected one that is not at its end, got a disposed one");
    return this.native.get(() => this.use(this.openAt(this.count, this.draws)));
  }

  private openAt(skip: number, drawn: ReadonlyMap<Chance, Draw>): Native & Opened {
    const native = openIterator(this.plan, this.spec, { skip, draws: new Draws(drawn) });
    return { ...native, skip, without: badOf(this.plan).length };
  }

  private use({ skip, without, ...held }: Native & Opened): Native {
    this.opened = { skip, without };
    return held;
  }

  private disposeCurrent(): void {
    for (const leaf of this.current) if (!leaf.kept) leaf.dispose();
    this.current = [];
  }
}

const SIZE_BYTES = 4;
