/** A batch to train on, of the same pixels and labels each time. */
import { random, tf } from "../src/tensorflow";

/** Random images and the labels of two classes in turn. */
export function trainingBatch({ batch, side }: { readonly batch: number; readonly side: number }): {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor1D;
} {
  return {
    images: random.uniform<tf.Tensor4D>([batch, side, side, 3], random.seed(1), 0, 255),
    labels: tf.tensor1d(Array.from({ length: batch }, (_, i) => i % 2), "int32"),
  }; // prettier-ignore
}
