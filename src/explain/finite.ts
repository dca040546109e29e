import { firstNotFinite, type tf } from "../tensorflow";

/**
 * @param by    what explains, and where
 * @param what  what the tensor is
 * @param each  [batch, …]
 * @throws {RangeError} unless all of it is finite, naming the first image of which it is not
 */
export function expectFinite(by: string, what: string, each: tf.Tensor): void {
  const image = firstNotFinite(each);
  if (image >= 0)
    throw new RangeError(
      `Cannot explain image ${image} by ${by}: expected finite ${what}, got NaN or infinite ones`,
    );
}
