/** How many records each class has, and what makes up for it. */
import { cellSignal } from "../interrupt";
import type { tf } from "../tensorflow";
import type { ImageDecoder } from "./decoder";
import { getDecoder } from "./decoder";
import { readDataset } from "./read";
import { TFRecordDataset, type TFRecordOptions } from "./tfrecord";

/** Options of countLabels(). */
export interface CountLabelsOptions {
  /** How many classes there are. @default one more than the greatest label; needed with multiLabel */
  readonly numClasses?: number;
  /** Whether labels are lists of classes, of any length; see createInputFn(). @default false */
  readonly multiLabel?: boolean;
  /** What makes "label" of a record; no image is decoded. @default getDecoder() of multiLabel and numClasses */
  readonly decoder?: ImageDecoder;
  /** How the files are compressed. @default "" (not at all) */
  readonly compressionType?: NonNullable<TFRecordOptions["compressionType"]>;
  /** Ends it with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * How many records there are of each class. It reads all of them, and decodes no image: 100,000 records take seconds.
 * @param recordPaths  glob patterns
 * @returns            counts by class; with multiLabel, a record counts in each of its classes
 * @throws {Error} if no file matches a pattern, or record files are not of one set: see readDataset()
 * @throws {RangeError} if a label is no class, or all lists of classes are empty
 * @example
 * const counts = await countLabels("records/train-*"); // [900, 100]
 */
export async function countLabels(
  recordPaths: string | readonly string[],
  options: CountLabelsOptions = {},
): Promise<number[]> {
  const { numClasses, multiLabel = false, compressionType = "", signal = cellSignal() } = options;
  const { decoder = getDecoder({ multiLabel, numClasses }) } = options;
  const read = (file: tf.Scalar): ReturnType<typeof TFRecordDataset> =>
    TFRecordDataset(file, { compressionType });
  const labels = readDataset(read, recordPaths, { numEpochs: 1 })
    .map((record: tf.Scalar) => expectLabel(decoder.decode(record, ["label"])[0], multiLabel))
    .batch(BATCH);
  const counts: number[] = new Array<number>(numClasses ?? 0).fill(0);
  let records = 0;
  try {
    for await (const batch of labels) {
      signal?.throwIfAborted();
      const values = await batch.data();
      if (multiLabel) addRows(counts, values, batch.shape[1] ?? 0);
      else addClasses(counts, values, numClasses);
      records += batch.shape[0] ?? 0;
    }
  } finally {
    labels.dispose();
  }
  if (multiLabel && counts.every((count) => count === 0))
    throw new RangeError(
      `Cannot count labels: expected records with classes, got ${records} with none: is another feature than the decoder's their label?`,
    );
  return counts;
}

function expectLabel(label: tf.Tensor | undefined, multiLabel: boolean): tf.Tensor {
  const [dtype, rank, expected] = multiLabel
    ? ["float32", 1, "float32 [classes] as labels with multiLabel"]
    : ["int32", 0, "int32 scalars as labels"];
  if (label?.dtype === dtype && label.rank === rank) return label;
  throw new TypeError(
    `Cannot count labels: expected ${expected}, got ${label?.dtype ?? "none"} [${label?.shape.join(", ") ?? ""}]`,
  );
}

function addClasses(counts: number[], labels: Iterable<number>, numClasses = Infinity): void {
  for (const label of labels) {
    if (label < 0 || label >= numClasses)
      throw new RangeError(`Cannot count labels: expected them in 0 … ${numClasses - 1}, got ${label}`);
    while (counts.length <= label) counts.push(0);
    counts[label] = (counts[label] ?? 0) + 1;
  }
}

function addRows(counts: number[], rows: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < rows.length; i++)
    counts[i % classes] = (counts[i % classes] ?? 0) + ((rows[i] ?? 0) > 0.5 ? 1 : 0);
}

const BATCH = 1024;

/**
 * Weights that give each class the same part of a whole: total / (classes · count), as scikit-learn's "balanced". For
 * createInputFn()'s `classRates`, or the `classWeights` of a Model's loss; not for both, which would turn the balance over.
 * @param counts  by class, each above 0
 * @throws {RangeError} that names a class without records
 * @example
 * const counts = await countLabels(files); // [900, 100]
 * balancedWeights(counts); // [0.556, 5]
 * @see sklearn.utils.class_weight.compute_class_weight
 */
export function balancedWeights(counts: readonly number[]): number[] {
  counts.forEach((count, label) => {
    if (!(count > 0 && count < Infinity))
      throw new RangeError(
        `Cannot balance classes: expected records of each class, got ${count} of class ${label}`,
      );
  });
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => total / (counts.length * count));
}

/**
 * Weights by which images with a class count as much as those without it: the ratio of negatives to positives, for a Model's
 * `positiveWeights`.
 * @param counts   images of each class, above 0, as countLabels() gives them
 * @param records  images in all, as writeRecords() and checkRecords() tell; those without a class too
 * @throws {RangeError} that names a class of which there are none, or more than there are images
 * @example
 * const counts = await countLabels(files, { multiLabel: true, numClasses: 2 }); // [50, 200]
 * balancedPositiveWeights(counts, 250); // [4, 0.25]
 * @see torch.nn.BCEWithLogitsLoss, pos_weight
 */
export function balancedPositiveWeights(counts: readonly number[], records: number): number[] {
  return counts.map((count, label) => {
    if (count > 0 && count <= records) return (records - count) / count;
    throw new RangeError(
      `Cannot balance classes: expected 1 to ${records} images of each class, got ${count} of class ${label}`,
    );
  });
}
