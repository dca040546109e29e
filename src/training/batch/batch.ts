import { inspect } from "node:util";
import type { ClassLabels } from "../../model/losses";
import type { tf } from "../../tensorflow";

/** Images and their labels, as a dataset gives them: [features, labels]; perhaps with the names of their files, string [batch]. */
export type Batch = readonly [
  features: { readonly image: tf.Tensor4D; readonly filename?: tf.Tensor1D },
  labels: ClassLabels,
];

/** What a batch must fit. */
export interface BatchExpectation {
  /** Labels must be in 0 … numClasses − 1. */
  readonly numClasses: number;
  /** Whether an image may have several classes or none: rows of labels need not add up to 1. */
  readonly multiLabel: boolean;
  /** What the batch is for, for the error: "train". */
  readonly what: string;
}

/**
 * Checks that images and labels make a batch for a model: before the step, since a GPU gives NaN for a label that is no class.
 * @param images  [batch, height, width, 3], as model.preprocess() takes them
 * @param labels  int32 [batch]; or float32 [batch, classes], each 0 … 1 and 1 in all for each image
 * @throws {TypeError} that names the shapes and types it got
 * @throws {RangeError} that names a label that is no class, or shares of classes that are none
 */
export function expectBatch(
  images: tf.Tensor,
  labels: tf.Tensor,
  { numClasses, multiLabel, what }: BatchExpectation,
): void {
  const isClasses = labels.dtype === "int32" && labels.rank === 1;
  const isShares = labels.dtype === "float32" && labels.rank === 2 && labels.shape[1] === numClasses;
  const isBatch = images.rank === 4 && images.shape[0] === labels.shape[0] && images.shape[0] !== 0;
  if (!isBatch || !(isClasses || isShares)) {
    const got = [images, labels].map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`).join(" and ");
    throw new TypeError(
      `Cannot ${what}: expected images [batch, height, width, 3] and int32 labels [batch], or float32 [batch, ${numClasses}], got ${got}`,
    );
  }
  if (isShares) return expectShares(labels.dataSync(), { numClasses, multiLabel, what });
  const wrong = labels.dataSync().find((label) => label < 0 || label >= numClasses);
  if (wrong === undefined) return;
  throw new RangeError(`Cannot ${what}: expected labels in 0 … ${numClasses - 1}, got ${wrong}`);
}

/** Far more than rounding leaves, and less than a wrong share. */
const SLACK = 1e-3;

function expectShares(shares: ArrayLike<number>, { numClasses, multiLabel, what }: BatchExpectation): void {
  for (let start = 0; start < shares.length; start += numClasses) {
    let sum = 0;
    for (let at = start; at < start + numClasses; at++) {
      const share = shares[at] ?? NaN;
      if (!(share >= 0))
        throw new RangeError(`Cannot ${what}: expected labels' shares of 0 or more, got ${share}`);
      if (share > 1 + SLACK)
        throw new RangeError(`Cannot ${what}: expected labels' shares of at most 1, got ${share}`);
      sum += share;
    }
    if (multiLabel || Math.abs(sum - 1) <= SLACK) continue;
    throw new RangeError(
      `Cannot ${what}: expected labels whose shares add up to 1, got ${sum} for image ${start / numClasses}; for several classes an image or none a model is created with multiLabel: true`,
    );
  }
}

/**
 * Checks that batches can be read of something.
 * @throws {TypeError} if not
 */
export function expectBatches(dataset: unknown, what: string): void {
  if (typeof dataset === "object" && dataset !== null && Symbol.asyncIterator in dataset) return;
  const got =
    typeof dataset === "function" ? "a function; call it for its dataset" : inspect(dataset, { depth: -1 });
  throw new TypeError(`Cannot ${what}: expected a dataset of batches, got ${got}`);
}
