/** Images that go, or come, pixel by pixel, the hottest first. */
import { tf } from "../../tensorflow";
import {
  imagesOf,
  masksOf,
  onceAnImage,
  probabilitiesOfChanges,
  type Maps,
  type Metric,
  type Row,
  type Verdict,
} from "../metric";
import { ordered } from "./order";

/** Options of deletion() and insertion(). */
export interface GraduallyOptions {
  /** In how many steps, each of as many pixels. RISE has a row's worth of pixels a step, 224 steps at 224 pixels. @default 50 */
  readonly steps?: number;
}

/**
 * Deletion: how much of a class's probability is left in the mean, from no pixel to all, as the hottest pixels are deleted first: the area
 * under that curve, 0…1. Less is better. A deleted pixel is 0 after preprocessing, the mean colour, as RISE has it.
 * @throws {RangeError} if steps is no whole number from 1 on
 * @see Petsiuk, Das, Saenko 2018 (arXiv 1806.07421) §3.3
 */
export function deletion(options: GraduallyOptions = {}): Metric {
  return gradually("deletion", "less", options, (images, hottest) => images.mul(tf.sub(1, hottest)));
}

/**
 * Insertion: how much of a class's probability is there in the mean, from no pixel to all, as the hottest pixels of the image come first
 * into a blurred one: the area under that curve, 0…1. More is better. The blur is Gaussian, of 11 x 11 pixels and a deviation of 5, as
 * RISE has it; at the image's edge it is of the pixels that there are, where RISE's darkens towards the mean colour.
 * @throws {RangeError} if steps is no whole number from 1 on
 * @see Petsiuk, Das, Saenko 2018 (arXiv 1806.07421) §3.3
 */
export function insertion(options: GraduallyOptions = {}): Metric {
  return gradually("insertion", "more", options, (images, hottest) => {
    const blurred = blur(images);
    return blurred.add(images.sub(blurred).mul(hottest));
  });
}

function gradually(
  name: string,
  better: "more" | "less",
  { steps = 50 }: GraduallyOptions,
  change: (images: tf.Tensor4D, hottest: tf.Tensor4D) => tf.Tensor4D,
): Metric {
  if (!(Number.isSafeInteger(steps) && steps >= 1))
    throw new RangeError(`Cannot measure by ${name}: expected steps a whole number from 1 on, got ${steps}`);
  return {
    name,
    columns: [{ name, better }],
    passes: () => steps + 1,
    open: () => ({
      judge: async (maps) => verdictOf(name, await curvesOf(maps, steps, change)),
      dispose: () => undefined,
    }),
  };
}

function curvesOf(
  maps: Maps,
  steps: number,
  change: (images: tf.Tensor4D, hottest: tf.Tensor4D) => tf.Tensor4D,
): Promise<number[][]> {
  const order = onceAnImage((image) => ordered(maps.heat[image] ?? new Float32Array(), "greatest"));
  const hottest = ({ image, change: step }: Row): Uint32Array => {
    const all = order(image);
    return all.subarray(0, Math.round((all.length * step) / steps));
  };
  return probabilitiesOfChanges(maps, steps + 1, (rows) =>
    tf.tidy(() => change(imagesOf(maps, rows), masksOf(maps, rows, hottest))),
  );
}

function verdictOf(name: string, curves: readonly (readonly number[])[]): Verdict {
  const steps = (curves[0]?.length ?? 1) - 1;
  const x = Array.from({ length: steps + 1 }, (_, step) => step / steps);
  const along = name === "deletion" ? "part of the pixels deleted" : "part of the pixels inserted";
  return {
    scores: { [name]: curves.map(areaUnder) },
    curves: [{ name, along, of: "probability of the class", x, y: curves }],
  };
}

/** By trapezoids, over a width of 1. */
function areaUnder(curve: readonly number[]): number {
  const sum = curve.reduce((all, one) => all + one, 0);
  return (sum - ((curve[0] ?? NaN) + (curve.at(-1) ?? NaN)) / 2) / (curve.length - 1);
}

const [BLUR, DEVIATION] = [11, 5];

/** The mean of the pixels around each, by a Gaussian. */
function blur(images: tf.Tensor4D): tf.Tensor4D {
  const [, height, width, channels] = images.shape;
  const weights = Array.from({ length: BLUR }, (_, i) => Math.exp(-(((i - (BLUR - 1) / 2) / DEVIATION) ** 2) / 2)); // prettier-ignore
  const along = (values: tf.Tensor4D, size: [number, number]): tf.Tensor4D => {
    const [, , , depth] = values.shape;
    const kernel = weights.flatMap((weight) => new Array<number>(depth).fill(weight));
    return tf.depthwiseConv2d(values, tf.tensor4d(kernel, [...size, depth, 1]), 1, "same");
  };
  const both = (values: tf.Tensor4D): tf.Tensor4D => along(along(values, [BLUR, 1]), [1, BLUR]);
  return both(images).div(both(tf.ones([1, height, width, channels])));
}
