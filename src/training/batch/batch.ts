import type { tf } from "../../tensorflow";

/** Images and their labels, as a dataset gives them: [features, labels]. */
export type Batch = readonly [features: { readonly image: tf.Tensor4D }, labels: tf.Tensor1D];

/** What a batch must fit. */
export interface BatchExpectation {
  /** Labels must be in 0 … numClasses − 1. */
  readonly numClasses: number;
  /** What the batch is for, for the error: "train". */
  readonly what: string;
}

/**
 * Checks that images and labels make a batch for a model: before the step, since a GPU gives NaN for a label that is no class.
 * @param images  [batch, height, width, 3], as model.preprocess() takes them
 * @param labels  int32 [batch]
 * @throws {TypeError} that names the shapes and types it got
 * @throws {RangeError} that names a label that is no class
 */
export function expectBatch(
  images: tf.Tensor,
  labels: tf.Tensor,
  { numClasses, what }: BatchExpectation,
): void {
  const isBatch =
    images.rank === 4 &&
    labels.rank === 1 &&
    labels.dtype === "int32" &&
    images.shape[0] === labels.shape[0] &&
    images.shape[0] !== 0;
  if (!isBatch) {
    const got = [images, labels].map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`).join(" and ");
    throw new TypeError(
      `Cannot ${what}: expected images [batch, height, width, 3] and int32 labels [batch], got ${got}`,
    );
  }
  const wrong = labels.dataSync().find((label) => label < 0 || label >= numClasses);
  if (wrong === undefined) return;
  throw new RangeError(`Cannot ${what}: expected labels in 0 … ${numClasses - 1}, got ${wrong}`);
}
