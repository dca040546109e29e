/** Classes of photos. */
import type { BadImage } from "../input";
import { thumbnailsOf } from "../input/thumbnails";
import { finishFirst, interruptible } from "../interrupt";
import type { Model } from "../model";
import { outsidePixels } from "../model/pixels";
import { tf } from "../tensorflow";
import type { Classifier } from "./load";
import { listOf, type Photo, type PhotoSource, type Reading } from "./photos";
import { predictedOf, type PredictedPhoto } from "./predicted";
import { predictedPhotos, SHOWN, type PredictedPhotos } from "./predictions";
import { sourceOf, type Source, type SourceOptions } from "./source";

/** Options of predict(). */
export interface PredictPhotosOptions extends SourceOptions {
  /** Called after each photo; progressBar().update takes it. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops between two photos, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** Pixels of the longer side of a photo that is shown. */
const THUMBNAIL = 256;

/**
 * Tells the classes of photos, upright as their Exif says, resized and cropped as in evaluation.
 *
 * Of several photos those that can't be read are named in `bad`, and the others predicted; one that was asked for alone throws. Pixels
 * are taken as photos are, but those of the network's size as they are: batches of createInputFn() are of this kind.
 * @param by      a model; what loadClassifier() gives; or a folder of saveClassifier() or exportSavedModel(), which is loaded for this call
 * @param photos  paths, addresses, folders, files' bytes or pixels, one or a list
 * @throws {RangeError} if there are no photos, the only one can't be read, class names or a threshold do not fit, probabilities are not
 *   finite, or pixels are not in 0…255, unless the model takes any: such a model takes tensors alone
 * @throws {TypeError} if pixels are of another shape
 * @throws {Error} if the folder has neither a classifier nor a SavedModel that takes photos
 * @throws what the signal gives as its reason
 * @example
 * const { photos } = await predict("hats", ["one.jpg", "https://example.org/two.jpg"]);
 * photos[0]?.classes; // ["hat"]
 * @example
 * await predict(model, await readFile("one.jpg"), { classNames: labels });
 */
export async function predict(
  by: Model | Classifier | string,
  photos: Photo | readonly Photo[],
  options: PredictPhotosOptions = {},
): Promise<PredictedPhotos> {
  const given = interruptible(options);
  return finishFirst(() => predictAll(by, photos, given));
}

async function predictAll(
  by: Model | Classifier | string,
  photos: Photo | readonly Photo[],
  options: PredictPhotosOptions,
): Promise<PredictedPhotos> {
  const { signal, onProgress } = options;
  const { sources, isSingle } = await listOf(photos);
  const source = sourceOf(by, options);
  const found = new Findings(source);
  let done = 0;
  try {
    for (const photo of sources) {
      signal?.throwIfAborted();
      const image = await readOf(photo, { signal, dctMethod: source.dctMethod });
      if (image instanceof tf.Tensor) await found.add(photo, image);
      else if (isSingle) throw image;
      else found.bad.push({ file: photo.name, reason: image.message });
      onProgress?.({ done: ++done, total: sources.length });
    }
    await found.finish();
    return predictedPhotos(found.photos, found.bad, found.thumbnails);
  } finally {
    found.dispose();
    source.dispose();
  }
}

/** A photo's pixels, or why there are none. */
async function readOf(photo: PhotoSource, reading: Reading): Promise<tf.Tensor3D | Error> {
  try {
    return await photo.read(reading);
  } catch (error) {
    reading.signal?.throwIfAborted();
    if (error instanceof Error && !photo.isTensor) return error;
    throw error;
  }
}

/** What has been found so far, and the photos that wait for their batch to be full. */
class Findings {
  readonly photos: PredictedPhoto[] = [];
  readonly bad: BadImage[] = [];
  readonly thumbnails: (Uint8Array | undefined)[] = [];
  private readonly names: string[] = [];
  private waiting: tf.Tensor3D[] = [];
  private readonly looks: number;

  constructor(private readonly source: Source) {
    this.looks = 1 + (source.views?.count ?? 0);
  }

  /** Takes a photo; disposes it. */
  async add({ name, isTensor }: PhotoSource, image: tf.Tensor3D): Promise<void> {
    try {
      if (this.names.length < SHOWN) this.thumbnails.push(thumbnailOf(image));
      this.waiting.push(...this.source.fit(image, isTensor));
      this.names.push(name);
    } finally {
      image.dispose();
    }
    if (this.waiting.length + this.looks > this.source.batchSize) await this.finish();
  }

  /** Predicts those that wait. */
  async finish(): Promise<void> {
    const batch = this.waiting;
    if (batch.length === 0) return;
    const values = await this.source.run(batch);
    const classes = values.length / batch.length;
    const rows = batch.map((_, i) => values.subarray(i * classes, (i + 1) * classes));
    for (let i = 0; i < rows.length; i += this.looks) this.take(rows.slice(i, i + this.looks));
    tf.dispose(batch);
    this.waiting = [];
  }

  /** The probabilities of a photo's looks. */
  private take(looks: readonly Float32Array[]): void {
    const row = this.source.views?.combine(looks) ?? looks[0] ?? new Float32Array();
    this.photos.push(predictedOf(this.names[this.photos.length] ?? "", row, this.source));
  }

  dispose(): void {
    tf.dispose(this.waiting);
  }
}

/** Pixels that no photograph has can't be shown. */
function thumbnailOf(image: tf.Tensor3D): Uint8Array | undefined {
  if (outsidePixels(image) !== undefined) return undefined;
  const batch = tf.tidy(() => image.expandDims<tf.Tensor4D>(0));
  try {
    return thumbnailsOf(batch, THUMBNAIL)[0];
  } finally {
    batch.dispose();
  }
}
