import { tf } from "../../tensorflow";
import { firstComponent } from "../component";
import type { Method } from "../method";

/**
 * Eigen-CAM of a class: the first principal component of activation times gradient. Its sign is arbitrary; here the map correlates
 * positively with the values of HiResCAM, whose `eigenSmooth` it is.
 * @see pytorch-grad-cam's EigenGradCAM, which has no paper of its own and leaves the sign to chance; Muhammad, Yeasin 2020 (arXiv 2008.00299)
 */
export const eigenGradCam: Method = {
  name: "eigenGradCam",
  of: "endpoint",
  values: ({ evidence }) =>
    tf.tidy(() => {
      const { activation, gradient } = evidence();
      return firstComponent(activation.mul(gradient));
    }),
};
