import { tf } from "../../tensorflow";
import type { Method } from "../method";

/**
 * HiResCAM: each place of a channel counts by its own gradient; of a network that is linear behind the endpoint, the values of all
 * places add up to the logit, less its bias.
 * @see Draelos, Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations" (arXiv 2011.08891)
 */
export const hiResCam: Method = {
  name: "hiResCam",
  of: "endpoint",
  values: ({ evidence }) =>
    tf.tidy(() => {
      const { activation, gradient } = evidence();
      return activation.mul(gradient);
    }),
};
