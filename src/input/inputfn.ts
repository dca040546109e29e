import { availableParallelism } from "node:os";
import { castTo, isOneOf, tf } from "../tensorflow";
import { Dataset, type Element } from "./dataset";
import { getDecoder, type ImageDecoder } from "./decoder";
import type { TFExampleDecoder } from "./example";
import { fitCentral } from "./fit";
import type { Decode } from "./origin";
import { splitSeed } from "./augment";
import { byClass, expectRates } from "./classrates";
import { augmentImage, expectAugment, type Augment } from "./presets";
import { readDataset, readEpoch, type ReadOptions } from "./read";
import type { Batched } from "./shapes";
import { expectShard } from "./shard";
import type { RecordError } from "./recorderror";
import { randomPlan } from "./sources";
import { TFRecordDataset, type TFRecordOptions } from "./tfrecord";

/** Features and labels of a batch: images [batch, height, width, 3], and int32 labels [batch]. */
export type LabeledBatch = [{ image: tf.Tensor4D }, tf.Tensor1D];

/** Features and labels of a batch: images [batch, height, width, 3], and labels float32 [batch, classes], 1 for each class of an image. */
export type MultiLabeledBatch = [{ image: tf.Tensor4D }, tf.Tensor2D];

/** The features of a batch: images, and with filenames: true the names of their files, string [batch]. */
export type BatchFeatures<O> = O extends { readonly filenames: true }
  ? { image: tf.Tensor4D; filename: tf.Tensor1D }
  : { image: tf.Tensor4D };

/** Makes an image that can be batched of a decoded one. */
export type ImageTransform = (image: tf.Tensor3D, seed: tf.Tensor1D) => tf.Tensor3D;

/** Options of createInputFn(). */
export interface InputFnOptions extends ReadOptions {
  /** @default 64 */
  readonly batchSize?: number;
  /**
   * "exact": each record once an epoch, shuffled within it, over the borders of batches. "repeated": the walk-through's order, in
   * which a shuffled record may come again before others have come once; see readDataset().
   * @default "exact"
   */
  readonly epochs?: "exact" | "repeated";
  /**
   * Records that a shuffled record is drawn from; "all" for a whole mix.
   * @default "all" if they are at most 1 GiB, or else as many as 1 GiB holds; 2048 if the files are compressed and hold more than a
   * quarter of that, and with epochs: "repeated"
   */
  readonly shuffleBufferSize?: number | "all";
  /** How many batches' images may be decoded at once; never more than four a processor, which keeps all of them busy. @default 8 */
  readonly numParallelBatches?: number;
  /** Batches that are ready before they are asked for. @default 2 */
  readonly numPrefetchBatches?: number;
  /**
   * Whether images that do not fill a last batch are left out.
   * @default false with numEpochs, so that an evaluation counts all; true (batch_and_drop_remainder) without an end
   */
  readonly dropRemainder?: boolean;
  /**
   * Given int32 [height, width, 3] 0…255, and a seed int32 [2] that is another for each image, each epoch and each pass over the
   * dataset, all of them drawn from `seed`; recorded, see Dataset.map().
   * @default resized to a shorter side of 256, the middle 256 x 256, as TF-Slim does it: what Model.preprocess() takes. A network of
   * more pixels, as of 299, enlarges these, and one that photos are squashed for sees nothing beside that middle. For such and for weights
   * of others: (image) => preprocessForEval(image, model.photoSize)
   */
  readonly transform?: ImageTransform;
  /**
   * How much each image is changed at random after `transform`, which must leave its pixels in 0…255: see augmentImage(). Drawn as the
   * transform's seed is, so other changes each epoch and the same after going on from a position.
   * @default "none"
   */
  readonly augment?: Augment;
  /**
   * "exact": the pixels are just TF-Slim's. "scaled": JPEGs are decoded 2, 4 or 8 times smaller, where that is no smaller than what
   * preprocessForTrain(), preprocessForEval() or, without a transform, this function resizes them to; see Image().
   * @default "exact"
   */
  readonly decode?: Decode;
  /** What makes "image" and "label" of a record, in place of `decode`. @default getDecoder({ decode }) */
  readonly decoder?: ImageDecoder;
  /**
   * Whether batches tell the photos' files, as [{ image, filename }, label]: string [batch], of image/filename as writeRecords() writes it, ""
   * where a record has none. interpret() and embed() then name them. A `decoder` must have an item "filename".
   * @default false
   */
  readonly filenames?: boolean;
  /**
   * How often a record of each class comes in an epoch, on average: 0.3 in about three of ten epochs, 2.5 twice or three times, each
   * time cropped and recoloured anew; drawn from `seed`, and exact where an iteration is resumed. An epoch has then another number
   * of records than the files. Of several classes the greatest rate holds (as LVIS's repeat factors), of none 1. `balancedWeights(await countLabels(files))` gives each class the same part. For training, not to
   * evaluate, and with epochs: "exact" only.
   * @default undefined: each once
   */
  readonly classRates?: readonly number[];
  /** Records left out, as checkRecords() finds those that can't be decoded. @default none */
  readonly without?: readonly RecordError[];
  /**
   * What becomes of records that can't be decoded: "fail" ends with the error of the first, "skip" leaves them out, see
   * Dataset.ignoreErrors(); the dataset's `bad` tells which. @default "fail"
   */
  readonly onBad?: "fail" | "skip";
  /** Told of each record that onBad: "skip" leaves out, once a dataset. @default nobody */
  readonly onBadRecord?: (error: RecordError) => void;
  /** Whether batches have labels; see UnlabeledInputFnOptions. @default true */
  readonly labels?: true;
  /** How the files are compressed. @default "" (not at all) */
  readonly compressionType?: NonNullable<TFRecordOptions["compressionType"]>;
}

/** Options of createInputFn() for images alone, e.g. for Estimator.predict(): records need no label. */
export interface UnlabeledInputFnOptions extends Omit<InputFnOptions, "labels"> {
  /** Whether batches have labels. */
  readonly labels: false;
}

/** Options of createInputFn() for a multiLabel model: of records whose label is a list of classes, of any length. */
export interface MultiLabelInputFnOptions extends InputFnOptions {
  /** Whether labels are float32 [batch, numClasses], 1 for each class of an image. */
  readonly multiLabel: true;
  /** How many classes there are. */
  readonly numClasses: number;
}

/**
 * Makes an input function for training or evaluation: each call gives a dataset of batches from TFRecord files of images.
 * @param recordPaths  glob patterns
 * @returns            a function that gives batches [{ image }, label], or { image } with labels: false
 * @throws {Error} when called, if no file matches a pattern, or record files are not of one set: see readDataset(), or if
 * there is none for this shard
 * @example
 * const inputFn = createInputFn("records/train-*", { batchSize: 16, shuffle: true, seed: 1 });
 * for await (const [{ image }, label] of inputFn().take(1)) console.log(image.shape, label.shape); // [16, 256, 256, 3] [16]
 * @example
 * const inputFn = createInputFn("records/train-*", { multiLabel: true, numClasses: 3 }); // labels float32 [64, 3]
 * @see the walk-through's create_input_fn
 */
export function createInputFn<O extends UnlabeledInputFnOptions>(
  recordPaths: string | readonly string[],
  options: O,
): () => Dataset<BatchFeatures<O>>;
export function createInputFn<O extends MultiLabelInputFnOptions>(
  recordPaths: string | readonly string[],
  options: O,
): () => Dataset<[BatchFeatures<O>, tf.Tensor2D]>;
export function createInputFn<O extends InputFnOptions>(
  recordPaths: string | readonly string[],
  options?: O,
): () => Dataset<[BatchFeatures<O>, tf.Tensor1D]>;
export function createInputFn(
  recordPaths: string | readonly string[],
  options: InputFnOptions | UnlabeledInputFnOptions | MultiLabelInputFnOptions = {},
): () => Dataset<LabeledBatch> | Dataset<MultiLabeledBatch> | Dataset<{ image: tf.Tensor4D }> {
  const { labels = true, decode, transform: fit = fitImage, augment = "none", filenames = false } = options;
  expectAugment(augment);
  const transform: ImageTransform = (image, seed) =>
    augment === "none" ? fit(image, seed) : augmentImage(fit(image, seed), splitSeed(seed, 4), augment);
  if (decode !== undefined && options.decoder !== undefined)
    throw new TypeError("Cannot create input function: expected decode or decoder, got both");
  const { multiLabel = false, numClasses } = "multiLabel" in options ? options : {};
  const classes = multiLabel ? { multiLabel, numClasses } : {};
  const { decoder = getDecoder({ ...classes, ...(decode && { decode }), filename: filenames }) } = options;
  const maker: TFExampleDecoder = decoder;
  if (filenames) expectFilename(maker);
  const named = filenames ? ["filename"] : [];
  const featuresOf = (
    [image, filename]: readonly (tf.Tensor | undefined)[],
    seed: tf.Tensor1D,
  ): { image: tf.Tensor3D } => ({
    image: transform(expectRank(image, isImage, 3), seed),
    ...(filename && { filename: expectRank(filename, isScalar, 0) }),
  });
  const labeled =
    <T extends tf.Tensor>(is: (tensor: tf.Tensor) => tensor is T, rank: number) =>
    (record: tf.Scalar, seed: tf.Tensor1D): [{ image: tf.Tensor3D }, T] => {
      const [image, label, ...names] = maker.decode(record, ["image", "label", ...named]);
      return [featuresOf([image, ...names], seed), expectRank(label, is, rank)];
    };
  const { labels: _, ...read } = options;
  const batches: BatchesOptions = { ...read, decoder, numClasses: classes.numClasses };
  if (!labels)
    return batchesOf(recordPaths, batches, (record, seed) =>
      featuresOf(maker.decode(record, ["image", ...named]), seed),
    );
  if (multiLabel) return batchesOf(recordPaths, batches, labeled(isVector, 1));
  return batchesOf(recordPaths, batches, labeled(isScalar, 0));
}

/** What is read, once the decoder is known. */
interface BatchesOptions extends Omit<InputFnOptions, "labels"> {
  readonly decoder: ImageDecoder;
  /** Of several classes an image. */
  readonly numClasses: number | undefined;
}

function batchesOf<T extends Element>(
  recordPaths: string | readonly string[],
  options: BatchesOptions,
  decode: (record: tf.Scalar, seed: tf.Tensor1D) => T,
): () => Dataset<Batched<T>> {
  const { batchSize = 64, numParallelBatches = 8, numPrefetchBatches = 2 } = options;
  const {
    numEpochs = 0,
    dropRemainder = numEpochs === 0,
    compressionType = "",
    epochs = "exact",
    without = [],
    classRates,
    onBad = "fail",
    onBadRecord: onError,
  } = options;
  expectOptions({ batchSize, numParallelBatches }, onBad);
  if (classRates !== undefined) expectRates(classRates, { ...options, epochs });
  const numParallelCalls = Math.min(
    batchSize * numParallelBatches,
    CALLS_PER_PROCESSOR * availableParallelism(),
  );
  const bad = without.map(({ bytes }) => bytes);
  const read = (filename: tf.Scalar): Dataset<tf.Scalar> => {
    const records = TFRecordDataset(filename, { compressionType });
    return bad.length === 0 ? records : records.filter((record) => tf.logicalNot(isOneOf(record, bad)));
  };
  return () => {
    const { size, rank } = expectShard(options.shard);
    const indices = size > 1 ? Dataset.range(SEEDS).shard(size, rank) : Dataset.range(SEEDS); // each part draws others
    const drawn = new Dataset(randomPlan(options.seed));
    const isExact = epochs === "exact";
    const records = (isExact ? readEpoch : readDataset)(read, recordPaths, {
      ...options,
      isWhole: bad.length === 0,
      ...(classRates !== undefined && { resample: byClass(classRates, options) }),
    });
    const seeded = Dataset.zip(records, drawn, isExact ? indices : indices.repeat());
    const repeated = isExact ? seeded.repeat(numEpochs === 0 ? undefined : numEpochs) : seeded;
    const decoded = repeated.map(
      ([record, seed, index]: Three) => decode(record, tf.stack([castTo(seed, "int32"), index]).as1D()),
      { numParallelCalls },
    );
    const kept = onBad === "skip" ? decoded.ignoreErrors(onError === undefined ? {} : { onError }) : decoded;
    return kept.batch(batchSize, { dropRemainder }).prefetch(numPrefetchBatches);
  };
}

function expectFilename(decoder: TFExampleDecoder): void {
  const items = decoder.listItems();
  if (items.includes("filename")) return;
  const got = items.map((item) => `"${item}"`).join(", ");
  throw new TypeError(
    `Cannot create input function: expected a decoder of the item "filename" with filenames, got ${got}; getDecoder({ filename: true }) has it`,
  );
}

function expectOptions(wholes: Readonly<Record<string, number>>, onBad: string): void {
  if (!["fail", "skip"].includes(onBad))
    throw new RangeError(
      `Cannot create input function: expected onBad to be "fail" or "skip", got "${onBad}"`,
    );
  for (const [key, value] of Object.entries(wholes))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(
        `Cannot create input function: expected ${key} to be a whole number >= 1, got ${value}`,
      );
}

type Three = [record: tf.Scalar, seed: tf.Scalar, index: tf.Scalar];

const CALLS_PER_PROCESSOR = 4;
const SEEDS = 2 ** 31 - 1; // int32

function fitImage(image: tf.Tensor3D): tf.Tensor3D {
  return fitCentral(image, { resizeSide: 256, side: 256 });
}

const isImage = (tensor: tf.Tensor): tensor is tf.Tensor3D => tensor.rank === 3;
const isVector = (tensor: tf.Tensor): tensor is tf.Tensor1D => tensor.rank === 1;
const isScalar = (tensor: tf.Tensor): tensor is tf.Scalar => tensor.rank === 0;

function expectRank<T extends tf.Tensor>(
  item: tf.Tensor | undefined,
  is: (tensor: tf.Tensor) => tensor is T,
  rank: number,
): T {
  if (item !== undefined && is(item)) return item;
  const got = item === undefined ? "none" : `[${item.shape.join(", ")}]`;
  throw new TypeError(`Cannot read batch: expected an item of ${rank} dimensions, got ${got}`);
}
