/** How many records each class has, and what makes up for it. */
import { cellSignal } from "../interrupt";
import type { tf } from "../tensorflow";
import type { TFExampleDecoder } from "./example";
import { getDecoder } from "./inputfn";
import { readDataset } from "./read";
import { TFRecordDataset, type TFRecordOptions } from "./tfrecord";

/** Options of countLabels(). */
export interface CountLabelsOptions {
  /** How many classes there are. @default one more than the greatest label */
  readonly numClasses?: number;
  /** What makes "label" of a record; no image is decoded. @default getDecoder() */
  readonly decoder?: TFExampleDecoder<"image" | "label">;
  /** How the files are compressed. @default "" (not at all) */
  readonly compressionType?: NonNullable<TFRecordOptions["compressionType"]>;
  /** Ends it with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/**
 * How many records there are of each class. It reads all of them, and decodes no image: 100,000 records take seconds.
 * @param recordPaths  glob patterns
 * @returns            counts by class
 * @throws {Error} if no file matches a pattern, or record files are not of one set: see readDataset()
 * @throws {RangeError} if a label is no class
 * @example
 * const counts = await countLabels("records/train-*"); // [900, 100]
 */
export async function countLabels(
  recordPaths: string | readonly string[],
  options: CountLabelsOptions = {},
): Promise<number[]> {
  const { numClasses, decoder = getDecoder(), compressionType = "", signal = cellSignal() } = options;
  const read = (file: tf.Scalar): ReturnType<typeof TFRecordDataset> =>
    TFRecordDataset(file, { compressionType });
  const labels = readDataset(read, recordPaths, { numEpochs: 1 })
    .map((record: tf.Scalar) => {
      const [label] = decoder.decode(record, ["label"]);
      if (label?.dtype === "int32" && label.rank === 0) return label;
      throw new TypeError(
        `Cannot count labels: expected int32 scalars as labels, got ${label?.dtype ?? "none"} [${label?.shape.join(", ") ?? ""}]`,
      );
    })
    .batch(BATCH);
  const counts: number[] = new Array<number>(numClasses ?? 0).fill(0);
  try {
    for await (const batch of labels) {
      signal?.throwIfAborted();
      for (const label of await batch.data<"int32">()) {
        if (label < 0 || label >= (numClasses ?? Infinity))
          throw new RangeError(
            `Cannot count labels: expected them in 0 … ${(numClasses ?? Infinity) - 1}, got ${label}`,
          );
        while (counts.length <= label) counts.push(0);
        counts[label] = (counts[label] ?? 0) + 1;
      }
    }
  } finally {
    labels.dispose();
  }
  return counts;
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
