/** What a network makes of photos before it classifies them. */
import { expectClassNames } from "../inspect/caption";
import { cellSignal } from "../interrupt";
import { Dataset } from "../input";
import { GLOBAL_POOL } from "../model/layers";
import type { Model } from "../model/model";
import { expectPixels, outsidePixels } from "../model/pixels";
import { predictedClasses } from "../model/predicted";
import { tf, trace, type Precision } from "../tensorflow";
import { type Batch, type FeatureBatch } from "../training";
import { expectBatch, expectBatches } from "../training/batch/batch";
import { expectEnd, leftOutOf, noBatches } from "../training/batch/end";
import { Filenames } from "../training/batch/filenames";
import { GrowingRows } from "../training/batch/growing";
import { viewsOf } from "../training/features/epoch";
import { freshness, givenOf, originOf, type FeatureOrigin } from "../training/features/origin";
import { embeddingsOf, type Embeddings } from "./embeddings";
import type { Label } from "./photos";
import { thumbnailsOf } from "../input/thumbnails";

/** Options of embed(). */
export interface EmbedOptions {
  /** The names of all classes, by index, for captions. @default "class 0", "class 1", … */
  readonly classNames?: readonly string[];
  /** Pixels of the longer side of the little photos that are kept to be shown, about 2 KB each at 64; 0: none. @default 64 */
  readonly thumbnails?: number;
  /** Of what features() gave, which has no photos: these in the same order, to be shown. @default none are shown */
  readonly photos?: AsyncIterable<Batch>;
  /** What the network computes in; see trace(). @default "float32" */
  readonly precision?: Precision;
  /** Called after each batch; progressBar().update takes it. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number | undefined }) => void;
  /** Stops between two batches, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * The vector of each photo: TF-Slim's endpoint `global_pool`, the mean of the last activation over its pixels, which the classes are
 * told by; 2048 numbers of a ResNet of width 1. Photos that are alike to the network have vectors that point alike: nearest() finds
 * them, and umap() draws all. What features() gave goes on from its endpoint, and the frozen trunk is not run again.
 *
 * A photo takes 10 KB of memory: its vector, and a little photo to be shown. Photos are numbered as they come, from 0 on.
 * @param input  batches of [{ image }, label], perhaps with `filename`, or what features() gives with isTraining: false; whoever made it frees them
 * @throws {RangeError} if the input has no end, or there are no batches, or features are of random crops or of weights that have changed
 * @throws {RangeError} if a vector is not finite, a label is no class of the model, or pixels are not in 0…255, unless the model takes any
 * @throws what the signal gives as its reason
 * @example
 * const embeddings = await embed(model, testFn(), { classNames: labels });
 * display(await embeddings.umap());
 * display(await embeddings.nearest(0));
 * @see models/research/slim/nets/resnet_v1.py
 */
export async function embed(
  model: Model,
  input: AsyncIterable<Batch | FeatureBatch>,
  options: EmbedOptions = {},
): Promise<Embeddings> {
  const { classNames, thumbnails: side = 64, photos, onProgress, signal = cellSignal() } = options;
  expectInput(model, input, options);
  const features = originOf(input);
  const total = input instanceof Dataset ? viewsOf<unknown>(input, 1).rows : undefined;
  const rows = new GrowingRows(total, notFinite);
  const labels: Label[] = [];
  const thumbnails: Uint8Array[] = [];
  const filenames = new Filenames();
  const pool = poolStep(model, features, options.precision);
  try {
    signal?.throwIfAborted();
    for await (const batch of input) {
      const [given, label] = [givenOf(batch, features, "embed"), batch[1]];
      expectBatch(given, label, { ...model.options, what: "embed" });
      if (labels.length === 0 && features === undefined) expectPixels(given, model.options.pixels);
      rows.add(await pool(given), model.declaration.output[3]);
      labels.push(...labelsOf(label));
      if (features === undefined) filenames.add({ image: given, ...batch[0] }, "embed");
      if (features === undefined) thumbnails.push(...shown(given, side));
      onProgress?.({ done: rows.count, total });
      signal?.throwIfAborted();
    }
  } finally {
    pool.dispose();
  }
  if (rows.count === 0) throw noBatches("embed", leftOutOf(input));
  if (photos !== undefined)
    thumbnails.push(...(await thumbnailsIn(photos, { side, count: rows.count, signal, filenames })));
  return embeddingsOf({ ...rows.rows(), labels, classNames, thumbnails, filenames: filenames.all() });
}

function expectInput(
  model: Model,
  input: AsyncIterable<Batch | FeatureBatch>,
  { classNames, thumbnails: side = 64, photos }: EmbedOptions,
): void {
  expectBatches(input, "embed");
  const features = originOf(input);
  const { numClasses } = model.options;
  if (features?.isTraining === true)
    throw new RangeError(
      "Cannot embed: expected features of the middle of each photo, got some of random crops; give features() isTraining: false",
    );
  expectEnd(input, "embed");
  if (photos !== undefined && features === undefined)
    throw new TypeError("Cannot embed: expected photos beside what features() gives, got some beside photos");
  if (classNames !== undefined) expectClassNames("embed", classNames, numClasses);
  if (!(Number.isInteger(side) && side >= 0))
    throw new RangeError(`Cannot embed: expected thumbnails a whole number from 0 on, got ${side}`);
}

function notFinite(photo: number, got: number): RangeError {
  return new RangeError(
    `Cannot embed photo ${photo}: expected finite numbers, got ${got}: the model has diverged`,
  );
}

/** A compiled step from images or features to vectors. */
interface PoolStep {
  (given: tf.Tensor4D): Promise<Float32Array>;
  dispose(): void;
}

function poolStep(
  model: Model,
  features: FeatureOrigin | undefined,
  precision: Precision = "float32",
): PoolStep {
  const expectFresh = features === undefined ? undefined : freshness(model, features, "embed");
  const from = features?.endpoint;
  const body = (given: tf.Tensor4D): tf.Tensor => {
    if (from === undefined)
      return model.activation(model.preprocess(given), GLOBAL_POOL, { isTraining: false });
    const pooled =
      from === GLOBAL_POOL ? given : model.predict(given, { isTraining: false, from }).endpoints[GLOBAL_POOL];
    return tf.reshape(pooled ?? given, [given.shape[0], -1]);
  };
  const traced = trace(body, { name: "embed", precision });
  const step = async (given: tf.Tensor4D): Promise<Float32Array> => {
    expectFresh?.();
    const pooled = await traced(given);
    try {
      return await pooled.data<"float32">();
    } finally {
      pooled.dispose();
    }
  };
  return Object.assign(step, { dispose: traced.dispose });
}

function labelsOf(labels: Batch[1]): Label[] {
  return labels.dtype === "float32" ? predictedClasses(labels) : [...labels.dataSync()];
}

/** Photos that hold other pixels than photographs do can't be shown. */
function shown(images: tf.Tensor4D, side: number): Uint8Array[] {
  return side === 0 || outsidePixels(images) !== undefined ? [] : thumbnailsOf(images, side);
}

async function thumbnailsIn(
  photos: AsyncIterable<Batch>,
  {
    side,
    count,
    signal,
    filenames,
  }: {
    readonly side: number;
    readonly count: number;
    readonly signal?: AbortSignal | undefined;
    readonly filenames: Filenames;
  },
): Promise<Uint8Array[]> {
  const thumbnails: Uint8Array[] = [];
  for await (const [features] of photos) {
    signal?.throwIfAborted();
    thumbnails.push(...shown(features.image, side));
    filenames.add(features, "embed");
    if (thumbnails.length > count) break;
  }
  if (side === 0 || thumbnails.length === count) return thumbnails;
  const got = thumbnails.length > count ? "more" : thumbnails.length;
  throw new RangeError(`Cannot embed: expected the ${count} photos that the features are of, got ${got}`);
}
