import { tf } from "../runtime/runtime";

/**
 * Each pixel normalized over its channels; gradients reach x, gamma and beta.
 * @param x      float32 [batch, height, width, channels]
 * @param gamma  float32 [channels]
 * @param beta   float32 [channels]
 * @see Ba et al. 2016 (arXiv 1607.06450); torch.nn.functional.layer_norm
 */
export function layerNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { epsilon }: { readonly epsilon: number },
): tf.Tensor4D {
  return tf.tidy(() => {
    const centered = x.sub(x.mean(3, true));
    const inverse = tf.rsqrt(centered.square().mean(3, true).add(epsilon));
    return centered.mul(inverse).mul(gamma).add<tf.Tensor4D>(beta);
  });
}
