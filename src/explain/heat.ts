/** Values as heat. */
import { tf } from "../tensorflow";
import type { Method } from "./method";

/** The share of an image's pixels whose heat is below 1: the others, of which single ones may be far above, are 1. */
const BRIGHTEST = 0.99;

/**
 * Heat of each image on a scale of its own: 1 is its greatest value. Of pixels it is the 99th percentile, above which all are 1.
 * @param values  float32 [batch, h, w], signed
 * @returns       float32 [batch, h, w], 0…1, all zero where no value is above 0; the caller disposes
 */
export function heatOf(
  values: tf.Tensor3D,
  { of, heat = "positive" }: Pick<Method, "of" | "heat">,
): tf.Tensor3D {
  return tf.tidy(() => {
    const evidence = heat === "positive" ? tf.relu(values) : tf.abs(values);
    const greatest = evidence.max([1, 2], true); // [b, 1, 1]
    if (of === "endpoint") return tf.divNoNan<tf.Tensor3D>(evidence, greatest);
    const [batch, height, width] = values.shape;
    const above = Math.max(1, Math.round((1 - BRIGHTEST) * height * width));
    const brightest = tf.topk(evidence.reshape([batch, height * width]), above).values.min(1).reshape([batch, 1, 1]); // prettier-ignore
    const full = tf.where(brightest.greater(0), brightest, greatest);
    return tf.minimum<tf.Tensor3D>(tf.divNoNan(evidence, full), 1);
  });
}
