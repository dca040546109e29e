import { random, tf } from "../../tensorflow";
import type { Method } from "../method";

/** Options of randomCam(). */
export interface RandomCamOptions {
  /** Other seeds give other maps; a whole number. @default 0 */
  readonly seed?: number;
}

/**
 * Random CAM: each channel of each image counts by a number drawn from −1…1. It knows nothing of what the network does with its
 * channels: what a method has to beat. The same seed gives the same maps.
 * @throws {RangeError} if the seed is no whole number of 32 bits
 * @see pytorch-grad-cam's RandomCAM
 */
export function randomCam({ seed = 0 }: RandomCamOptions = {}): Method {
  if (seed !== (seed | 0))
    throw new RangeError(
      `Cannot explain by randomCam: expected a seed, a whole number of 32 bits, got ${seed}`,
    );
  return {
    name: "randomCam",
    of: "endpoint",
    values: ({ activation }) =>
      tf.tidy(() => {
        const [batch, , , channels] = activation.shape;
        return activation.mul(random.uniform([batch, 1, 1, channels], random.seed(seed), -1, 1));
      }),
  };
}
