/** The same crops of every image, whatever is in it. */
import { mirror, tf } from "../tensorflow";

/**
 * The corners and the middle of an image: top left, top right, bottom left, bottom right, middle.
 * @param image  [height, width, channels], any number type
 * @param size   height and width of the crops
 * @returns      [5, size, size, channels] of the same type; the caller disposes
 * @throws {TypeError} if the shape is another
 * @throws {RangeError} if the size is no whole number of pixels, or larger than the image
 * @see torchvision.transforms.v2.FiveCrop, which gives the same pixels
 */
export function fiveCrop(image: tf.Tensor, size: number): tf.Tensor4D {
  const { height, width, channels } = expectLarger(image, size);
  const [bottom, right] = [height - size, width - size];
  const middle = [bottom, right].map((room) => halfToEven(room));
  return tf.tidy(() => {
    const crops = [[0, 0], [0, right], [bottom, 0], [bottom, right], middle].map(([top = 0, left = 0]) =>
      image.slice([top, left, 0], [size, size, channels]),
    );
    return tf.stack(crops).as4D(5, size, size, channels);
  });
}

/**
 * The crops of fiveCrop(), and after them those of the mirrored image.
 * @returns  [10, size, size, channels] of the same type; the caller disposes
 * @throws as fiveCrop()
 * @see torchvision.transforms.v2.TenCrop, which gives the same pixels
 */
export function tenCrop(image: tf.Tensor, size: number): tf.Tensor4D {
  const { height, width, channels } = expectLarger(image, size);
  return tf.tidy(() => {
    const mirrored = mirror(image.as3D(height, width, channels));
    return tf.concat([fiveCrop(image, size), fiveCrop(mirrored, size)]);
  });
}

/** Half of the room, of halves the even neighbour: Python's round(room / 2), as torchvision's center_crop. */
function halfToEven(room: number): number {
  const half = Math.floor(room / 2);
  return room % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

function expectLarger(
  { shape }: tf.Tensor,
  size: number,
): { readonly height: number; readonly width: number; readonly channels: number } {
  const [height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 3)
    throw new TypeError(`Cannot crop image: expected [height, width, channels], got [${shape.join(", ")}]`);
  if (!(Number.isInteger(size) && size >= 1))
    throw new RangeError(`Cannot crop image: expected size a whole number from 1 on, got ${size}`);
  if (height < size || width < size)
    throw new RangeError(`Cannot crop image: expected at least ${size} x ${size}, got ${height} x ${width}`);
  return { height, width, channels };
}
