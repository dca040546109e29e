import { tf } from "../tensorflow";

/**
 * @param by    what explains, and where
 * @param what  what the tensor is
 * @param each  [batch, …]
 * @throws {RangeError} unless all of it is finite, naming the first image of which it is not
 */
export function expectFinite(by: string, what: string, each: tf.Tensor): void {
  const others = each.shape.map((_, axis) => axis).slice(1);
  // 0 times a number is 0, but not of NaN and infinite ones.
  const sums = tf.tidy(() => each.mul(0).sum(others).dataSync());
  const image = sums.findIndex((sum) => sum !== 0);
  if (image >= 0)
    throw new RangeError(
      `Cannot explain image ${image} by ${by}: expected finite ${what}, got NaN or infinite ones`,
    );
}
