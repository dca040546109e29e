import { tf } from "../../tensorflow";
import type { Method } from "../method";
import { slopesOf } from "../slopes";

/**
 * Saliency: the size of the score's gradient by each pixel, added over its colours. Of what Captum 0.9's Saliency gives, that is the sum.
 * @see Simonyan et al. 2013, "Deep Inside Convolutional Networks" (arXiv 1312.6034) §3, who take the greatest of the colours
 */
export const saliency: Method = {
  name: "saliency",
  of: "pixels",
  values: async (subject) => {
    const slopes = await slopesOf(subject, { weights: [1], at: () => subject.images.clone() });
    const size = tf.abs(slopes);
    slopes.dispose();
    return size;
  },
};
