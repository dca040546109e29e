import { heatOf } from "../heat";
import { sampleHeat } from "../../inspect/place";
import { tf } from "../../tensorflow";
import type { Method } from "../method";
import { cellsOf, pixelsOf } from "../place";
import { channelWeights, gradCamMethod, weighChannels } from "./gradcam";
import { guidedBackprop } from "./guidedbackprop";

/**
 * Guided Grad-CAM: guided backpropagation where Grad-CAM has heat, which is placed where the endpoint's cells look; others resize it.
 * @see Selvaraju et al. 2017 (arXiv 1610.02391) §3.2
 */
export const guidedGradCam: Method = {
  name: "guidedGradCam",
  of: "pixels",
  heat: "magnitude",
  values: async (subject) => {
    const slopes = await guidedBackprop.values(subject);
    const { model, images, place } = subject;
    const values = tf.tidy(() => {
      const { activation, gradient } = subject.evidence();
      const cam = weighChannels(activation, channelWeights({ gradient })).sum<tf.Tensor3D>(3);
      const heat = heatOf(cam, gradCamMethod);
      const placed = sampleHeat(heat, cellsOf(model, place.endpoint, images), pixelsOf(images));
      return tf.mul(slopes, placed.expandDims(3));
    });
    slopes.dispose();
    return values;
  },
};
