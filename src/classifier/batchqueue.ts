/** Photos that wait for their turn: decoded several at once, run as they come together. */
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import type { KnownPhoto, PhotoDecoder } from "./batchphotos";
import { WaitingPhoto, type Asking } from "./batchwaiting";
import { predictedOf, type PredictedPhoto } from "./predicted";
import type { ModelSource } from "./source";

/** How photos are put together. */
export interface Batching {
  readonly maxBatchSize: number;
  readonly batchTimeoutMs: number;
  /** Photos that are decoded at once have no more, unless it is a single one. */
  readonly maxPixels: number;
}

/** Of Node's four threads for such work one is left to the network. */
const DECODERS = Math.min(availableParallelism(), 3);

/** The queue before a network. */
export class BatchQueue {
  /** In the order in which they came, without those of the batch that is being put together. */
  private queue: WaitingPhoto[] = [];
  private gathered: readonly WaitingPhoto[] = [];
  private decoders = 0;
  private pixels = 0;
  private isWorking = false;
  private isHurried = false;
  private hurry: () => void = () => undefined;
  private onIdle: () => void = () => undefined;

  constructor(
    private readonly source: Pick<ModelSource, "classNames" | "threshold" | "run">,
    private readonly decoder: PhotoDecoder,
    private readonly batching: Batching,
  ) {}

  /**
   * What is predicted of a photo, in its turn.
   * @throws {PhotoError} if it is damaged
   * @throws what the signal gives as its reason, at once; a photo that does not run yet never does then
   */
  add(photo: KnownPhoto, asking: Asking): Promise<PredictedPhoto> {
    const waiting = new WaitingPhoto(photo, asking, (self) => {
      this.queue = this.queue.filter((other) => other !== self);
    });
    this.queue.push(waiting);
    this.decodeMore();
    if (this.isFull()) this.hurry();
    void this.work();
    return waiting.answer;
  }

  /** From now on no photo waits for others. */
  hurryUp(): void {
    this.isHurried = true;
    this.hurry();
  }

  /** Resolves when all have their answers and nothing is being decoded. */
  async idle(): Promise<void> {
    const isBusy = (): boolean => this.isWorking || this.decoders > 0;
    while (isBusy())
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
  }

  private isFull(): boolean {
    return this.isHurried || this.queue.length >= this.batching.maxBatchSize;
  }

  /** Batch after batch, as long as photos wait. */
  private async work(): Promise<void> {
    if (this.isWorking) return;
    this.isWorking = true;
    while (this.queue.length > 0) await this.run(await this.gather());
    this.isWorking = false;
    this.onIdle();
  }

  /** The next batch, decoded: with the first photo that is ready goes what has come until then. */
  private async gather(): Promise<readonly WaitingPhoto[]> {
    const [first] = this.queue;
    await first?.ready;
    if (first === undefined || first.isSettled) return [];
    await this.filled(first.since + this.batching.batchTimeoutMs - performance.now());
    this.gathered = this.queue.splice(0, this.batching.maxBatchSize);
    this.decodeMore();
    await Promise.all(this.gathered.map(({ ready }) => ready));
    const batch = this.gathered.filter(({ isSettled }) => !isSettled);
    this.gathered = [];
    return batch;
  }

  /** Waits until there is a full batch, but not longer than that. */
  private async filled(milliseconds: number): Promise<void> {
    if (milliseconds <= 0 || this.isFull()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async run(batch: readonly WaitingPhoto[]): Promise<void> {
    const images = batch.flatMap(({ image }) => image ?? []);
    if (images.length === 0) return;
    try {
      const values = await this.source.run(images);
      const classes = values.length / batch.length;
      batch.forEach((waiting, i) => this.answer(waiting, values.subarray(i * classes, (i + 1) * classes)));
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }

  private answer(waiting: WaitingPhoto, row: Float32Array): void {
    try {
      waiting.resolve(predictedOf(waiting.name, row, this.source));
    } catch (error) {
      waiting.reject(error);
    }
  }

  /** Begins to decode what this batch and the next need, as far as there are threads and memory for it. */
  private decodeMore(): void {
    for (const waiting of [...this.gathered, ...this.queue.slice(0, this.batching.maxBatchSize)]) {
      if (waiting.isStarted || waiting.isSettled) continue;
      const isTooMuch = this.pixels + waiting.photo.pixels > this.batching.maxPixels;
      if (this.decoders >= DECODERS || (this.decoders > 0 && isTooMuch)) return;
      void this.decode(waiting);
    }
  }

  private async decode(waiting: WaitingPhoto): Promise<void> {
    const { photo } = waiting;
    waiting.isStarted = true;
    this.decoders++;
    this.pixels += photo.pixels;
    try {
      waiting.take(await this.decoder.decode(photo));
    } catch (error) {
      waiting.reject(error);
    }
    this.decoders--;
    this.pixels -= photo.pixels;
    this.decodeMore();
    this.onIdle();
  }
}
