import type { tf } from "../tensorflow";

/** Images and their labels, as a dataset gives them: [features, labels]. */
export type Batch = readonly [features: { readonly image: tf.Tensor4D }, labels: tf.Tensor1D];

/**
 * Checks that images and labels make a batch.
 * @param images  [batch, height, width, 3], as model.preprocess() takes them
 * @param labels  int32 [batch]
 * @throws {TypeError} that names the shapes and types it got
 */
export function expectBatch(images: tf.Tensor, labels: tf.Tensor, what: string): void {
  const isBatch =
    images.rank === 4 &&
    labels.rank === 1 &&
    labels.dtype === "int32" &&
    images.shape[0] === labels.shape[0] &&
    images.shape[0] !== 0;
  if (isBatch) return;
  const got = [images, labels].map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`).join(" and ");
  throw new TypeError(
    `Cannot ${what}: expected images [batch, height, width, 3] and int32 labels [batch], got ${got}`,
  );
}
