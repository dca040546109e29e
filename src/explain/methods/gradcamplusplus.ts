import { tf } from "../../tensorflow";
import type { Method } from "../method";

/**
 * Grad-CAM++: a channel counts by the sum of its gradients above 0, each by its share α = 1 / (2 + g ΣA), so that several small
 * things of one kind count as much as a large one. That is the paper's closed form (its equation 19) of Y = exp(S): where S is the
 * number explained, the second and third derivatives of Y are exp(S) g² and exp(S) g³. The factor exp(S), one for each image, which
 * heat does not depend on, is left out.
 *
 * It is meant for activations that are nowhere below 0, as behind a ReLU. pytorch-grad-cam 1.5.7 adds 1e-6 to the denominator
 * 2g² + g³ ΣA, which takes weight from gradients below about 1e-3.
 * @see Chattopadhay et al. 2018, "Grad-CAM++: Improved Visual Explanations for Deep Convolutional Networks" (arXiv 1710.11063) §3.2
 */
export const gradCamPlusPlus: Method = {
  name: "gradCamPlusPlus",
  of: "endpoint",
  values: ({ evidence }) =>
    tf.tidy(() => {
      const { activation, gradient } = evidence();
      const sums = activation.sum([1, 2], true);
      const weights = tf.divNoNan(tf.relu(gradient), gradient.mul(sums).add(2)).sum([1, 2], true);
      return activation.mul(weights);
    }),
};
