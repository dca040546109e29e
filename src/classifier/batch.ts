/** Photos predicted as they come, those that come together in one batch: for servers. */
import { cellSignal } from "../interrupt";
import type { Model } from "../model";
import { createPhotoDecoder, knownPhoto } from "./batchphotos";
import { BatchQueue } from "./batchqueue";
import { bytesOfRequest, photoOfBytes, photoOfRequest } from "./batchrequest";
import type { Classifier } from "./load";
import type { PredictedPhoto } from "./predicted";
import { BATCH, expectedTensors, modelSourceOf, type SourceOptions } from "./source";

/** Options of createBatchPredictor(); the first three are called as TensorFlow Serving's batching parameters. */
export interface BatchPredictorOptions extends Omit<SourceOptions, "tta"> {
  /** Photos that run at once, at most. @default 16 */
  readonly maxBatchSize?: number;
  /** How long a photo waits for others at most, when nothing runs, in milliseconds. @default 0: it goes with those that are there */
  readonly batchTimeoutMs?: number;
  /** As many full batches of photos are accepted at once, those that run among them; more are refused. @default 10 */
  readonly maxEnqueuedBatches?: number;
  /** Bytes of their files. @default 256 MiB */
  readonly maxEnqueuedBytes?: number;
  /** Bytes of one photo's file, or of the request that brings it. @default 20 MiB */
  readonly maxPhotoBytes?: number;
  /** Pixels of one photo, and of those that are decoded at once. @default 50,000,000, which need up to 0.6 GB for a moment */
  readonly maxPixels?: number;
}

/** How a photo is asked about. */
export interface BatchPredictOptions {
  /** Ends the waiting. @default the request's, which its client's going away aborts; else the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** Predicts photos as they come. */
export interface BatchPredictor {
  /** How many photos are accepted and have no answer yet. */
  readonly enqueued: number;
  /**
   * Tells the classes of a photo, as predict() does.
   * @param photo  a file's bytes, which are not to change meanwhile; or a request of HTTP whose body they are, or a form
   *   (multipart/form-data) with that one file
   * @throws {PhotoTooLargeError} if it has too many bytes or pixels
   * @throws {PhotoError} if it is no photo, or a damaged one: its own fault, others of its batch are predicted
   * @throws {UnavailableError} if too many wait already, or the predictor is closed
   * @throws what the signal gives as its reason, at once; a photo that does not run yet never does then
   */
  predict(photo: Uint8Array | Request, options?: BatchPredictOptions): Promise<PredictedPhoto>;
  /** Accepts no more, and resolves when all that it has accepted are answered and its memory is free; the model stays. */
  close(): Promise<void>;
}

/** More photos than are accepted, or a predictor that is closed: it is to be asked again later, or another. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

/**
 * Makes what predicts photos as they come: files are decoded several at once and those that come together run as one batch, all
 * off the main thread. A photo that comes alone does not wait for others.
 *
 * Records and compiles the network, which takes a second or two.
 * @returns the caller closes
 * @throws {RangeError} if an option is no number that it may be, class names or a threshold do not fit, or the model takes no photos
 * @example
 * const predictor = createBatchPredictor(loadClassifier("hats"));
 * const { classes, probabilities } = await predictor.predict(await readFile("photo.jpg"));
 * @see https://github.com/tensorflow/serving/blob/master/tensorflow_serving/batching/README.md
 */
export function createBatchPredictor(
  by: Model | Classifier,
  options: BatchPredictorOptions = {},
): BatchPredictor {
  const { maxBatchSize = BATCH, batchTimeoutMs = 0, maxEnqueuedBatches = 10 } = options;
  const { maxEnqueuedBytes = 256 * MIB, maxPhotoBytes = 20 * MIB, maxPixels = 50_000_000 } = options;
  const limits = { maxBatchSize, maxEnqueuedBatches, maxEnqueuedBytes, maxPhotoBytes, maxPixels };
  for (const [key, limit] of Object.entries(limits)) expectLimit(key, limit, 1);
  expectLimit("batchTimeoutMs", batchTimeoutMs, 0);
  const source = modelSourceOf(by, options);
  if (!source.takesPhotos) return expectedTensors();
  source.prepare();
  const decoder = createPhotoDecoder(source.sizes);
  const queue = new BatchQueue(source, decoder, { maxBatchSize, batchTimeoutMs, maxPixels });
  const admission = new Admission(maxEnqueuedBatches * maxBatchSize, maxEnqueuedBytes);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    queue.hurryUp();
    await admission.empty();
    await queue.idle();
    decoder.dispose();
    source.dispose();
  };
  return {
    get enqueued() {
      return admission.count;
    },
    async predict(photo, options = {}) {
      const isBytes = photo instanceof Uint8Array;
      const { signal = isBytes ? cellSignal() : photo.signal } = options;
      signal?.throwIfAborted();
      if (closing !== undefined)
        throw new UnavailableError("Cannot predict: expected an open predictor, got one that was closed");
      const leave = admission.enter(isBytes ? photo.length : bytesOfRequest(photo, maxPhotoBytes));
      try {
        const given = isBytes ? photoOfBytes(photo) : await photoOfRequest(photo, maxPhotoBytes);
        signal?.throwIfAborted();
        return await queue.add(knownPhoto(given, maxPixels), { name: given.name, signal });
      } finally {
        leave();
      }
    },
    close: () => (closing ??= close()),
  };
}

const MIB = 2 ** 20;

/** Counts what has been accepted and is not answered. */
class Admission {
  count = 0;
  private bytes = 0;
  private onEmpty: () => void = () => undefined;

  constructor(
    private readonly maxCount: number,
    private readonly maxBytes: number,
  ) {}

  /** @returns what is to be called when the photo has its answer @throws {UnavailableError} */
  enter(bytes: number): () => void {
    const [count, sum] = [this.count + 1, this.bytes + bytes];
    if (count > this.maxCount)
      throw new UnavailableError(
        `Cannot predict: expected at most ${this.maxCount} photos at once, got one more`,
      );
    if (sum > this.maxBytes && count > 1)
      throw new UnavailableError(
        `Cannot predict: expected at most ${this.maxBytes} bytes of photos at once, got ${sum}`,
      );
    this.count = count;
    this.bytes = sum;
    return () => {
      this.count--;
      this.bytes -= bytes;
      if (this.count === 0) this.onEmpty();
    };
  }

  /** Resolves when nothing is left. */
  async empty(): Promise<void> {
    if (this.count > 0)
      await new Promise<void>((resolve) => {
        this.onEmpty = resolve;
      });
  }
}

function expectLimit(key: string, limit: number, least: number): void {
  if (limit >= least && (Number.isInteger(limit) || key === "batchTimeoutMs")) return;
  throw new RangeError(
    `Cannot create a batch predictor: expected ${key} a whole number from ${least} on, got ${limit}`,
  );
}
