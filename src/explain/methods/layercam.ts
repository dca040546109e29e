import { tf } from "../../tensorflow";
import type { Method } from "../method";

/**
 * LayerCAM: each place of a channel counts by its own gradient, where that is above 0; of lower endpoints, too, it is clear. What the
 * paper does to fuse endpoints, tanh(2 M / max M) of the lower ones, is not done: see `endpoint` of explain().
 * @see Jiang et al. 2021, "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE TIP 30
 */
export const layerCam: Method = {
  name: "layerCam",
  of: "endpoint",
  values: ({ evidence }) =>
    tf.tidy(() => {
      const { activation, gradient } = evidence();
      return activation.mul(tf.relu(gradient));
    }),
};
