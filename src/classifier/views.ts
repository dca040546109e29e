/** Several looks at each photo, and what they say together. */
import { fiveCrop, tenCrop } from "../input";
import type { tf } from "../tensorflow";

/** How test-time augmentation looks at photos. */
export interface TtaOptions {
  /** torchvision's FiveCrop, the corners and the middle; or its TenCrop, these and the same of the mirrored photo. @default "ten" */
  readonly crops?: "five" | "ten";
  /**
   * The part that the photo as it is without the crops has in the mean of probabilities, 0 … 1; the crops share the rest equally.
   * @default 0.25
   * @see fastai 2.8, Learner.tta of learner.py
   */
  readonly beta?: number;
}

/** Looks at a photo beside the plain one. */
export interface Views {
  /** How many. */
  readonly count: number;
  /** Crops of a photo that is resized: [count, size, size, 3]; the caller disposes. */
  crop(resized: tf.Tensor3D, size: number): tf.Tensor4D;
  /** One row of probabilities of the plain look's, the first, and the crops'. */
  combine(rows: readonly Float32Array[]): Float32Array;
}

/**
 * The looks asked for.
 * @returns undefined if only the plain one is
 * @throws {RangeError} if an option is none that it may be
 */
export function viewsOf(tta: boolean | TtaOptions): Views | undefined {
  if (tta === false) return undefined;
  const { crops = "ten", beta = 0.25 } = tta === true ? {} : tta;
  if (!["five", "ten"].includes(crops))
    throw new RangeError(`Cannot predict: expected tta's crops "five" or "ten", got "${crops}"`);
  if (!(beta >= 0 && beta <= 1))
    throw new RangeError(`Cannot predict: expected tta's beta in 0 … 1, got ${beta}`);
  return {
    count: crops === "ten" ? 10 : 5,
    crop: crops === "ten" ? tenCrop : fiveCrop,
    combine: ([plain = new Float32Array(), ...others]) =>
      plain.map((value, i) => {
        const mean = others.reduce((sum, row) => sum + (row[i] ?? NaN), 0) / others.length;
        return (1 - beta) * mean + beta * value;
      }),
  };
}
