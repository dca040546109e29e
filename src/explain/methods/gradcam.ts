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
      return activation.mul(channelWeights({ gradient }).expandDims(1).expandDims(1));
    }),
};

/** float32 [batch, channels]: the mean of each channel's gradient. */
export function channelWeights({ gradient }: Pick<Evidence, "gradient">): tf.Tensor2D {
  return globalAveragePool(gradient);
}
