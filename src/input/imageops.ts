/** What augmentation is made of: one change of one photo, by amounts that are given. */
import {
  AMOUNTS,
  augmentPixels,
  castTo,
  changeNumber,
  tf,
  type ChangeName,
  type SamplingOptions,
} from "../tensorflow";
import { expectColor, expectKernelSize, expectPhoto, expectSampling } from "./amounts";
import { VGG_MEANS } from "./image";

/** A number, or a float32 scalar computed in the graph. */
export type Amount = number | tf.Tensor;

/** Changes one after the other. */
export interface Changes {
  /** int32 [n] */
  readonly changes: tf.Tensor;
  /** float32 [n, 8] */
  readonly amounts: tf.Tensor;
}

/** One change. @param amounts  what it takes */
export function change(name: ChangeName, amounts: readonly Amount[] = []): Changes {
  const scalars = amounts.map((amount) =>
    typeof amount === "number" ? tf.scalar(amount) : amount.asScalar(),
  );
  const given =
    scalars.length === 0 ? tf.zeros([AMOUNTS]) : tf.stack(scalars).pad([[0, AMOUNTS - scalars.length]]);
  return { changes: tf.tensor1d([changeNumber(name)], "int32"), amounts: given.expandDims() };
}

/** The changes where a bool scalar is true, none elsewhere. */
export function changeIf(condition: tf.Tensor, { changes, amounts }: Changes): Changes {
  return { changes: changes.mul(castTo(condition, "int32")), amounts }; // 0 is "identity"
}

/** A photo after changes, which are made and freed inside. */
export function withChanges(
  image: tf.Tensor,
  changesOf: () => readonly Changes[],
  options: SamplingOptions = {},
): tf.Tensor3D {
  expectPhoto(image);
  expectSampling(options);
  return tf.tidy(() => {
    const all = changesOf();
    const changes = tf.concat(all.map((one) => one.changes));
    const amounts = tf.concat(all.map((one) => one.amounts));
    return augmentPixels(image, changes, amounts, options);
  });
}

type Coordinates = readonly [x: Amount, y: Amount];

/** Options of imageOps.affine(). */
export interface AffineOptions extends SamplingOptions {
  /** Degrees, clockwise. @default 0 */
  readonly angle?: Amount;
  /** Pixels to the right and down. @default [0, 0] */
  readonly translate?: Coordinates;
  /** Above 0. @default 1 */
  readonly scale?: Amount;
  /** Degrees along x and along y. @default [0, 0] */
  readonly shear?: Coordinates;
  /** What stays where it is, in pixels from the left and from the top. @default the middle */
  readonly center?: Coordinates;
}

/** Options of imageOps.gaussianBlur(). */
export interface GaussianBlurOptions {
  /** Pixels that are mixed in a row, odd. @default 5 */
  readonly kernelSize?: number;
  /** The standard deviation, in pixels. @default 0.15 kernelSize + 0.35 (torchvision) */
  readonly sigma?: Amount;
}

/** A rectangle of pixels. */
export interface Rectangle {
  readonly top: Amount;
  readonly left: Amount;
  readonly height: Amount;
  readonly width: Amount;
}

/** Four places, [x, y] each: where the upper left, upper right, lower right and lower left corner come to. */
export type Corners = readonly [Coordinates, Coordinates, Coordinates, Coordinates];

const one =
  (name: ChangeName) =>
  (image: tf.Tensor): tf.Tensor3D =>
    withChanges(image, () => [change(name)]);

const by =
  (name: ChangeName) =>
  (image: tf.Tensor, amount: Amount): tf.Tensor3D =>
    withChanges(image, () => [change(name, [amount])]);

const moved =
  (name: ChangeName) =>
  (image: tf.Tensor, amount: Amount, options?: SamplingOptions): tf.Tensor3D =>
    withChanges(image, () => [change(name, [amount])], options);

/**
 * Single changes of a photo, of which augmentation is made: torchvision's transforms.v2.functional on Pillow's images, to the bit
 * (gaussianBlur: to one level).
 *
 * Each takes an image [height, width, 3] of any size, uint8, int32 or float32, 0…255, rounds it to whole numbers, and gives whole
 * numbers as float32 [height, width, 3]. Amounts are numbers, or float32 scalars computed in the graph. They hold in recordings.
 * @throws {TensorFlowError} INVALID_ARGUMENT if the pixels are not in 0…255, or the amounts make no change of this image
 * @example imageOps.rotate(image, 30, { interpolation: "bilinear" })
 * @see torchvision 0.28 transforms/v2/functional; Pillow 13
 */
export const imageOps = {
  /** Turned around its middle. @param angle degrees, counterclockwise */
  rotate: moved("rotate"),
  /** Rows shifted against the first. @param amount pixels a row, to the left */
  shearX: moved("shearX"),
  /** Columns shifted against the first. @param amount pixels a column, upwards */
  shearY: moved("shearY"),
  /** Moved to the right. @param amount pixels, whole */
  translateX: moved("translateX"),
  /** Moved down. @param amount pixels, whole */
  translateY: moved("translateY"),
  /** Turned, moved, scaled and sheared at once. */
  affine(image: tf.Tensor, options: AffineOptions = {}): tf.Tensor3D {
    return withChanges(image, () => [affine(options)], options);
  },
  /** Seen from another side. @param corners where the four corners come to, in pixels @param options "bilinear" by default */
  perspective(image: tf.Tensor, corners: Corners, options: SamplingOptions = {}): tf.Tensor3D {
    const sampling = { interpolation: "bilinear", ...options } as const;
    return withChanges(image, () => [change("perspective", corners.flat())], sampling);
  },
  /** Brighter or darker. @param amount 0 gives black, 1 the image */
  brightness: by("brightness"),
  /** Colours stronger or paler. @param amount 0 gives grey, 1 the image */
  color: by("color"),
  /** Contrast stronger or weaker. @param amount 0 gives the mean grey, 1 the image */
  contrast: by("contrast"),
  /** Sharper or smoother. @param amount 0 gives a smoothed image, 1 the image */
  sharpness: by("sharpness"),
  /** Fewer levels of each colour. @param amount bits that stay, 1…8 */
  posterize: by("posterize"),
  /** Levels from a threshold on inverted. @param amount the threshold, 0…255 */
  solarize: by("solarize"),
  /** Each colour stretched to 0…255. */
  autocontrast: one("autocontrast"),
  /** Each colour's levels made equally frequent. */
  equalize: one("equalize"),
  /** The negative. */
  invert: one("invert"),
  /** Grey, in three channels. */
  grayscale: one("grayscale"),
  /** Blurred; edges are reflected. */
  gaussianBlur(image: tf.Tensor, options: GaussianBlurOptions = {}): tf.Tensor3D {
    expectKernelSize(options.kernelSize ?? 5);
    return withChanges(image, () => [gaussianBlur(options)]);
  },
  /** A rectangle painted over. @param color red, green and blue. @default VGG_MEANS, which become 0 when means are subtracted */
  erase(image: tf.Tensor, rectangle: Rectangle, color: readonly number[] = VGG_MEANS): tf.Tensor3D {
    expectColor({ color });
    return withChanges(image, () => [erase(rectangle, color)]);
  },
};

/** See imageOps.affine(). */
export function affine({
  angle = 0,
  translate = [0, 0],
  scale = 1,
  shear = [0, 0],
  center,
}: AffineOptions): Changes {
  return change("affine", [angle, ...translate, scale, ...shear, ...(center ?? [NaN, NaN])]);
}

/** See imageOps.gaussianBlur(). */
export function gaussianBlur({
  kernelSize = 5,
  sigma = 0.15 * kernelSize + 0.35,
}: GaussianBlurOptions): Changes {
  return change("gaussianBlur", [kernelSize, sigma, sigma]);
}

/** See imageOps.erase(). */
export function erase({ top, left, height, width }: Rectangle, color: readonly number[]): Changes {
  return change("erase", [top, left, height, width, ...color]);
}
