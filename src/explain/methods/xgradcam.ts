import { tf } from "../../tensorflow";
import type { Method } from "../method";

/**
 * XGrad-CAM: a channel counts by the mean of its gradient, each place weighing as much as it has of the channel's activation. A channel
 * whose activation adds up to 0 counts nothing.
 *
 * It is meant for activations that are nowhere below 0, as behind a ReLU: then all values add up to those of HiResCAM.
 * @see Fu et al. 2020, "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs" (arXiv 2008.02312)
 */
export const xGradCam: Method = {
  name: "xGradCam",
  of: "endpoint",
  values: ({ evidence }) =>
    tf.tidy(() => {
      const { activation, gradient } = evidence();
      const sums = activation.sum([1, 2], true);
      const weights = tf.divNoNan(activation.mul(gradient).sum([1, 2], true), sums);
      return activation.mul(weights);
    }),
};
