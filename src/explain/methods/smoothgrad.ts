import { random, tf } from "../../tensorflow";
import type { Method, Subject } from "../method";
import { expectCount } from "../passes";
import { slopesOf } from "../slopes";

/** Options of smoothGrad(). */
export interface SmoothGradOptions {
  /** Noisy copies of each image. @default 50, the paper's */
  readonly samples?: number;
  /** Standard deviation of the noise, as a share of the image's greatest less its least value. @default 0.15; the paper's pictures have 0.1 to 0.2 */
  readonly noise?: number;
  /** Another seed gives another noise. @default 0 */
  readonly seed?: number;
}

/**
 * SmoothGrad: the size of the mean of gradients by pixels, of copies of the image with noise. Captum 0.9's NoiseTunnel has 5 samples
 * and a deviation of 1 unless told otherwise, whatever the images' range.
 * @throws {RangeError} if samples is no whole number from 1 on, or noise is not finite or below 0
 * @see Smilkov et al. 2017, "SmoothGrad: removing noise by adding noise" (arXiv 1706.03825)
 */
export function smoothGrad(options: SmoothGradOptions = {}): Method {
  const { samples = 50, noise = 0.15, seed = 0 } = options;
  expectCount("smoothGrad", "samples", samples);
  if (!(noise >= 0 && Number.isFinite(noise)))
    throw new RangeError(`Cannot explain by smoothGrad: expected noise from 0 on, got ${noise}`);
  return {
    name: "smoothGrad",
    of: "pixels",
    values: (subject) => valuesOf(subject, { samples, noise, seed }),
  };
}

async function valuesOf(
  subject: Subject,
  { samples, noise, seed }: Required<SmoothGradOptions>,
): Promise<tf.Tensor> {
  const { images } = subject;
  const deviations = tf.tidy(() => tf.sub(tf.max(images, [1, 2, 3], true), tf.min(images, [1, 2, 3], true)).mul(noise)); // prettier-ignore
  try {
    const slopes = await slopesOf(subject, {
      weights: new Array<number>(samples).fill(1 / samples),
      at: (number) =>
        tf.add<tf.Tensor4D>(
          images,
          tf.mul(random.normal(images.shape, random.seed(seed, number)), deviations),
        ),
    });
    const values = tf.abs(slopes);
    slopes.dispose();
    return values;
  } finally {
    deviations.dispose();
  }
}
