import { globalAveragePool } from "../../inspect/gap";
import { tf } from "../../tensorflow";
import type { Method } from "../method";
import type { Evidence } from "../run";

/**
 * Grad-CAM: each channel counts by the mean of its gradient.
 * @see Selvaraju et al. 2017 (arXiv 1610.02391) §3
 */
export const gradCamMethod: Method = {
  name: "gradCam",
  of: "endpoint",
  values: ({ evidence }) =>
    tf.tidy(() => {
      const { activation, gradient } = evidence();
      return weighChannels(activation, channelWeights({ gradient }));
    }),
};

/** float32 [batch, channels]: the mean of each channel's gradient. */
export function channelWeights({ gradient }: Pick<Evidence, "gradient">): tf.Tensor2D {
  return globalAveragePool(gradient);
}

/** Each channel of an activation times what it counts, float32 [batch, channels]; the caller disposes. */
export function weighChannels(activation: tf.Tensor4D, weights: tf.Tensor): tf.Tensor4D {
  return tf.tidy(() => activation.mul<tf.Tensor4D>(weights.expandDims(1).expandDims(1)));
}
