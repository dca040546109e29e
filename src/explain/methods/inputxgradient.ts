import { tf } from "../../tensorflow";
import type { Method } from "../method";
import { slopesOf } from "../slopes";

/**
 * Input × gradient: each pixel times its gradient, as Captum 0.9's InputXGradient; 0 is the mean colour.
 * @see Shrikumar et al. 2016, "Not Just a Black Box" (arXiv 1605.01713)
 */
export const inputXGradient: Method = {
  name: "inputXGradient",
  of: "pixels",
  values: async (subject) => {
    const slopes = await slopesOf(subject, { weights: [1], at: () => subject.images.clone() });
    const values = tf.mul(slopes, subject.images);
    slopes.dispose();
    return values;
  },
};
