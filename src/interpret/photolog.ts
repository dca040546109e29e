/** Which photos an input gave, so that some of them can be read again. */
import { Dataset, type DatasetIterator } from "../input";
import { allPlans } from "../input/plan";
import { fingerprints, tf } from "../tensorflow";
import type { Batch } from "../training";

/** A batch that was read. */
interface LoggedBatch {
  /** The number of its first photo. */
  readonly from: number;
  /** Where the input was before it; undefined if its order can't be repeated. */
  readonly position: Uint8Array | undefined;
  /** 8 bytes a photo, of its pixels. */
  readonly prints: Uint8Array;
}

/** How photos are read again. */
export interface RereadOptions {
  /** Called after each batch that is read, with how far it is in the input; progressBar().update takes it. */
  readonly onProgress?:
    ((progress: { readonly done: number; readonly total: number | undefined }) => void) | undefined;
  /** Stops between two batches, with its reason as the error. @default that of interpret() */
  readonly signal?: AbortSignal | undefined;
}

/** Batches that are sooner read than passed over, since seeking begins anew at the first record. */
const NEAR = 4;

/** The photos of one pass over an input: where each batch begins, and what tells its photos from others; 8 bytes a photo, 300 a batch. */
export class PhotoLog {
  private readonly batches: LoggedBatch[] = [];
  private iterator: DatasetIterator<Batch> | undefined;
  private position: Uint8Array | undefined;
  private count = 0;

  /** @param input  as interpret() takes it */
  constructor(private readonly input: AsyncIterable<Batch>) {}

  /** The batches, to be read once. */
  read(): AsyncIterable<Batch> {
    if (!isDataset(this.input)) return this.input;
    this.iterator = this.input.iterator();
    this.position = positionOf(this.iterator);
    return this.iterator;
  }

  /** Notes the photos of the batch that was read last. */
  note(images: tf.Tensor4D): void {
    this.batches.push({ from: this.count, position: this.position, prints: fingerprints(images) });
    this.count += images.shape[0];
    this.position = this.iterator && positionOf(this.iterator);
  }

  /**
   * Some photos again, with the pixels that they had: a shuffled dataset is shuffled the same. A dataset's batches between them are
   * passed over undecoded, if its order can be repeated.
   * @param chosen  their numbers
   * @returns       [1, height, width, 3] each, in their order; the caller disposes
   * @throws {RangeError} if the input gives others
   */
  async again(chosen: readonly number[], options: RereadOptions): Promise<tf.Tensor4D[]> {
    const found = new Map<number, tf.Tensor4D>();
    const wanted = new Set(chosen.map((photo) => this.batchWith(photo)));
    try {
      for await (const [number, image] of this.reread(wanted, options)) {
        if (!wanted.delete(number)) continue;
        const { from = 0, prints } = this.batches[number] ?? {};
        if (prints === undefined || Buffer.compare(prints, fingerprints(image)) !== 0) throw otherPhotos();
        for (const photo of chosen)
          if (this.batchWith(photo) === number) found.set(photo, image.slice(photo - from, 1));
        if (wanted.size === 0) break;
      }
      if (wanted.size > 0) throw otherPhotos();
      return chosen.flatMap((photo) => found.get(photo) ?? []);
    } catch (error) {
      tf.dispose([...found.values()]);
      throw error;
    }
  }

  private batchWith(photo: number): number {
    return this.batches.findLastIndex(({ from }) => from <= photo);
  }

  /** Batches by number, the wanted ones among them, in their order. */
  private async *reread(
    wanted: ReadonlySet<number>,
    { signal, onProgress }: RereadOptions,
  ): AsyncGenerator<[number, tf.Tensor4D]> {
    const numbers = [...wanted].sort((one, other) => one - other);
    const endOf = (number: number): number => this.batches[number + 1]?.from ?? this.count;
    const total = endOf(numbers.at(-1) ?? 0);
    const batches = isDataset(this.input) ? this.seek(this.input, numbers, signal) : numbered(this.input);
    for await (const [number, image] of batches) {
      signal?.throwIfAborted();
      onProgress?.({ done: endOf(number), total });
      yield [number, image];
    }
  }

  private async *seek(
    dataset: Dataset<Batch>,
    numbers: readonly number[],
    signal?: AbortSignal,
  ): AsyncGenerator<[number, tf.Tensor4D]> {
    const iterator = dataset.iterator(signal && { signal });
    try {
      let at = this.batches[0]?.position === undefined ? 0 : -Infinity;
      for (const number of numbers) {
        const position = this.batches[number]?.position;
        if (position !== undefined && number - at > NEAR) {
          iterator.seek(position);
          at = number;
        }
        for (; at <= number; at++) {
          const next = await iterator.next();
          if (next.done === true) return;
          yield [at, next.value[0].image];
        }
      }
    } finally {
      iterator.dispose();
    }
  }
}

function isDataset(input: AsyncIterable<Batch>): input is Dataset<Batch> {
  return input instanceof Dataset;
}

async function* numbered(input: AsyncIterable<Batch>): AsyncGenerator<[number, tf.Tensor4D]> {
  let number = 0;
  for await (const [{ image }] of input) yield [number++, image];
}

function positionOf(iterator: DatasetIterator<Batch>): Uint8Array | undefined {
  const isLoose = allPlans(iterator.plan).some((plan) => plan.isUnordered?.() === true);
  return isLoose ? undefined : iterator.position();
}

function otherPhotos(): RangeError {
  return new RangeError(
    "Cannot show top losses: expected the input's photos in the same order as before, got others; shuffle none of them",
  );
}
