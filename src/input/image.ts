/** The steps that make an image of any size an input of a network; each holds in recordings and by itself in a cell. */
import {
  antialiasImage,
  antialiasImages,
  castTo,
  random,
  resizeBilinear,
  resizeImage,
  sliceImage,
  tf,
  type Interpolation,
} from "../tensorflow";
import { drawFlip, mirrorIf } from "./flip";
import { smallestSizeAtLeast } from "./fit";
import { sidesOf } from "./sides";

/** The mean red, green and blue of the images that VGG and TF-Slim's ResNets were trained on, 0…255. */
export const VGG_MEANS: readonly [number, number, number] = [123.68, 116.78, 103.94];

/** The size of a crop in pixels. */
export interface CropOptions {
  /** @default 224 */
  readonly height?: number;
  /** @default 224 */
  readonly width?: number;
}

/**
 * An image, or each of a batch, resized so that its shorter side is `smallestSide`, in its own proportions.
 * @param image          [height, width, channels] or [batch, height, width, channels], any number type
 * @param interpolation  "bilinear" and "bicubic" of 0…255: antialiased, and the longer side as torchvision's Resize() has it
 * @returns              float32 [height', width', channels] or [batch, height', width', channels]
 * @see TF-Slim vgg_preprocessing._aspect_preserving_resize
 */
export function aspectPreservingResize(image: tf.Tensor4D, smallestSide?: number, interpolation?: Interpolation): tf.Tensor4D; // prettier-ignore
export function aspectPreservingResize(image: tf.Tensor, smallestSide?: number, interpolation?: Interpolation): tf.Tensor3D; // prettier-ignore
export function aspectPreservingResize(
  image: tf.Tensor,
  smallestSide = 256,
  interpolation: Interpolation = "slim",
): tf.Tensor {
  return tf.tidy(() => {
    const size = smallestSizeAtLeast(image, smallestSide, interpolation);
    if (interpolation === "slim")
      return image.rank === 4 ? resizeBilinear(image, size) : resizeImage(image, size);
    return image.rank === 4
      ? antialiasImages(image, size, interpolation)
      : antialiasImage(image, size, interpolation);
  });
}

/**
 * The middle of an image, or of each of a batch.
 * @param image  [height, width, channels] or [batch, height, width, channels], any type
 * @throws {RangeError} if the image is smaller than the crop
 * @see TF-Slim vgg_preprocessing._central_crop
 */
export function centralCrop(image: tf.Tensor4D, options?: CropOptions): tf.Tensor4D;
export function centralCrop(image: tf.Tensor, options?: CropOptions): tf.Tensor3D;
export function centralCrop(image: tf.Tensor, options: CropOptions = {}): tf.Tensor {
  const { height = 224, width = 224 } = options;
  expectAtLeast(image, height, width);
  return tf.tidy(() => {
    const room = sidesOf(image).sub(tf.tensor1d([height, width], "int32"));
    return crop(image, room.floorDiv(tf.scalar(2, "int32")), [height, width]);
  });
}

/**
 * A part of an image from a random place.
 * @param image  [height, width, channels], any type
 * @param seed   int32 [2]
 * @throws {RangeError} if the image is smaller than the crop
 * @see TF-Slim vgg_preprocessing._random_crop
 */
export function randomCrop(image: tf.Tensor, seed: tf.Tensor, options: CropOptions = {}): tf.Tensor3D {
  const { height = 224, width = 224 } = options;
  expectAtLeast(image, height, width);
  return tf.tidy(() => {
    const places = sidesOf(image).sub(tf.tensor1d([height - 1, width - 1], "int32"));
    const offset = random.uniform([2], seed).mul(castTo(places, "float32")).floor();
    return crop(image, castTo(offset, "int32"), [height, width]);
  });
}

/**
 * An image mirrored left to right, or as it is, with equal chances.
 * @param image  [height, width, channels], any type
 * @param seed   int32 [2]
 */
export function randomFlipLeftRight(image: tf.Tensor3D, seed: tf.Tensor): tf.Tensor3D {
  return tf.tidy(() => mirrorIf(drawFlip(seed), image));
}

/**
 * Images with each channel's mean taken away.
 * @param images  [..., 3], any number type, 0…255
 * @returns       float32 of the same shape
 */
export function subtractMeans<T extends tf.Tensor>(images: T, means: readonly number[] = VGG_MEANS): T {
  return tf.tidy(() => castTo(images, "float32").sub<T>(tf.tensor1d([...means])));
}

function crop(image: tf.Tensor, offset: tf.Tensor, [height, width]: readonly [number, number]): tf.Tensor3D {
  const isBatch = image.rank === 4;
  const begin = tf.concat([...(isBatch ? [origin()] : []), offset, origin()]);
  return sliceImage(image, begin, tf.tensor1d([...(isBatch ? [-1] : []), height, width, -1], "int32"));
}

const origin = (): tf.Tensor1D => tf.tensor1d([0], "int32");

/** In a recording this speaks of its example; TensorFlow itself refuses smaller images later. */
function expectAtLeast(image: tf.Tensor, height: number, width: number): void {
  const [imageHeight = 0, imageWidth = 0] = image.shape.slice(-3);
  if (imageHeight >= height && imageWidth >= width) return;
  throw new RangeError(
    `Cannot crop image: expected at least ${height} x ${width}, got ${imageHeight} x ${imageWidth}`,
  );
}
