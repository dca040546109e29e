/** What the pixels of photographs are normalized to before a network sees them. */
import { tf } from "../tensorflow";

/**
 * "vgg": 0…255 less the VGG means; "inception": −1…1; "torch": 0…1 less ImageNet's means, by its deviations; "none": 0…255.
 * @see TF-Slim preprocessing/{vgg,inception}_preprocessing.py; torchvision.transforms._presets; keras.applications.imagenet_utils,
 * whose "caffe" is "vgg" with blue first (its first weights are turned round when they are imported), "tf" is "inception"
 */
export type Preprocessing = keyof typeof NORMALIZATIONS;

/** What is taken away from red, green and blue, and what the rest is divided by. */
interface Normalization {
  readonly means: readonly [number, number, number];
  readonly deviations: readonly [number, number, number];
}

const NORMALIZATIONS = {
  vgg: { means: [123.68, 116.78, 103.94], deviations: [1, 1, 1] },
  inception: { means: [127.5, 127.5, 127.5], deviations: [127.5, 127.5, 127.5] },
  torch: { means: [123.675, 116.28, 103.53], deviations: [58.395, 57.12, 57.375] },
  none: { means: [0, 0, 0], deviations: [1, 1, 1] },
} as const satisfies Readonly<Record<string, Normalization>>;

/** All there are. */
export const PREPROCESSINGS: readonly Preprocessing[] = ["vgg", "inception", "torch", "none"];

/** Pixels in 0…255 normalized. @param images  float32 [batch, height, width, 3] */
export function normalizePixels(images: tf.Tensor4D, preprocessing: Preprocessing): tf.Tensor4D {
  const { means, deviations } = NORMALIZATIONS[preprocessing];
  return tf.tidy(() => {
    const centered = isConstant(means, 0) ? images.clone() : images.sub<tf.Tensor4D>(tf.tensor1d([...means]));
    return isConstant(deviations, 1) ? centered : centered.div(tf.tensor1d([...deviations]));
  });
}

/** Normalized pixels in 0…255 again. @param images  float32 [batch, height, width, 3] */
export function restorePixels(images: tf.Tensor4D, preprocessing: Preprocessing): tf.Tensor4D {
  const { means, deviations } = NORMALIZATIONS[preprocessing];
  return tf.tidy(() => images.mul(tf.tensor1d([...deviations])).add(tf.tensor1d([...means])));
}

/** The greatest value that a normalized pixel can have. */
export function brightest(preprocessing: Preprocessing): number {
  const { means, deviations } = NORMALIZATIONS[preprocessing];
  return Math.max(...means.map((mean, i) => (255 - mean) / (deviations[i] ?? 1)));
}

function isConstant(values: readonly number[], value: number): boolean {
  return values.every((one) => one === value);
}
