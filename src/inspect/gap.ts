import { tf } from "../tensorflow";

/**
 * The mean of each channel of an activation over all its pixels: what a ResNet's head sees of its last block.
 * @param activation  float32 [batch, height, width, channels], e.g. an endpoint
 * @returns           float32 [batch, channels]; the caller disposes
 * @throws {TypeError} if it has another rank
 * @see Lin et al. 2013 (arXiv 1312.4400) §3.2
 */
export function globalAveragePool(activation: tf.Tensor): tf.Tensor2D {
  if (activation.rank !== 4) {
    throw new TypeError(
      `Cannot pool: expected [batch, height, width, channels], got [${activation.shape.join(", ")}]`,
    );
  }
  return tf.tidy(() => activation.mean([1, 2]).as2D(activation.shape[0] ?? 0, activation.shape[3] ?? 0));
}
