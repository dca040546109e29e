import { tf } from "../../tensorflow";
import type { Method, Subject } from "../method";
import { scoresOf } from "../passes";
import { outputWith } from "../run";
import { weighChannels } from "./gradcam";

/**
 * Ablation-CAM: each channel counts by how much of the score is lost when it is set to 0. Without gradients; of what lies behind the
 * endpoint a pass for each channel, except those that are 0 in the whole image.
 *
 * The loss is divided by the score's size, whatever its sign: by the paper's division a score below 0 turns the map around.
 * pytorch-grad-cam 1.5.7 sets a channel to the layer's least value less 1e7, unless that is exactly 0, and divides by the signed score.
 * @see Desai, Ramaswamy 2020, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization" (WACV), eq. 4
 */
export const ablationCam: Method = {
  name: "ablationCam",
  of: "endpoint",
  async values(subject) {
    const { activation, output, score } = subject;
    const passes = {
      of: subject.given,
      numbers: await usedChannels(activation),
      given: (_: number, numbers: readonly number[]) => tf.tensor1d([...numbers], "int32"),
      output: (one: tf.Tensor4D, given: tf.Tensor) => outputWithout(subject, one, given),
    };
    const whole = tf.tidy(() => score(output));
    try {
      const without = await scoresOf(subject, passes, activation.shape[3], await whole.array());
      return tf.tidy(() => {
        const size = tf.where(whole.notEqual(0), whole.abs(), tf.onesLike(whole)); // of a score of 0 the loss itself
        const weights = whole.expandDims(1).sub(tf.tensor2d(without)).div(size.expandDims(1));
        return weighChannels(activation, weights);
      });
    } finally {
      whole.dispose();
    }
  },
};

/** What a network makes of one image without a channel, for each of those given. */
function outputWithout(
  subject: Subject,
  one: tf.Tensor4D,
  channels: tf.Tensor,
): ReturnType<typeof outputWith> {
  const { place, activation } = subject;
  const rows = channels.size;
  // At a cut the one row is multiplied; inside of a block all rows pass the layers before the endpoint.
  const given = place.from === place.endpoint ? one : tf.tile(one, [rows, 1, 1, 1]);
  const left = tf.sub(1, tf.oneHot(channels.as1D(), activation.shape[3])).reshape([rows, 1, 1, -1]);
  return outputWith(subject, given, (x) => x.mul(left));
}

/** The channels of each image that are not 0 everywhere: the others have nothing to leave out. */
async function usedChannels(activation: tf.Tensor4D): Promise<number[][]> {
  const greatest = tf.tidy(() => activation.abs().max<tf.Tensor2D>([1, 2]));
  const rows = await greatest.array();
  greatest.dispose();
  return rows.map((row) => [...row.keys()].filter((channel) => row[channel] !== 0));
}
