/** Where objects are, on what a network sees of photos. */
import { centralPart, type ImagePart } from "../model/preprocessing";
import type { Model } from "../model";
import type { tf } from "../tensorflow";

/**
 * Where the object is on a photo, as shares of its height and width, 0…1; undefined: it is not known.
 * @param photo     the photo's number, from 0 on, as the input gives them
 * @param filename  its file; undefined if the input tells none
 */
export type BoxOf = (photo: number, filename: string | undefined) => ImagePart | undefined;

/**
 * The boxes of a batch's photos, as they are on the preprocessed images; undefined where there is none, or it was cropped away.
 * @param given  float32 [batch, 4]: top, left, bottom, right as shares of the photos' height and width
 * @throws {TypeError} if there is not one for each photo
 */
export function boxesOf(
  model: Model,
  image: tf.Tensor4D,
  { given, boxOf }: { readonly given: tf.Tensor | undefined; boxOf(inBatch: number): ImagePart | undefined },
): (ImagePart | undefined)[] {
  const [count] = image.shape;
  const listed = given === undefined ? undefined : expectBoxes(given, count);
  const seen = centralPart(image, model.options);
  return Array.from({ length: count }, (_, i) => within(boxOf(i) ?? listed?.[i], seen));
}

function expectBoxes(given: tf.Tensor, count: number): ImagePart[] {
  if (given.dtype !== "float32" || given.shape.join() !== `${count},4`)
    throw new TypeError(
      `Cannot score explanations: expected a box of each image, float32 [${count}, 4], got ${given.dtype} [${given.shape.join(", ")}]`,
    );
  const sides = given.dataSync();
  return Array.from({ length: count }, (_, i) => {
    const [top = NaN, left = NaN, bottom = NaN, right = NaN] = sides.subarray(4 * i, 4 * i + 4);
    return { top, left, bottom, right };
  });
}

/**
 * A part of a photo as a part of the crop that is seen of it.
 * @throws {RangeError} if it is no part of the photo
 */
function within(box: ImagePart | undefined, seen: ImagePart): ImagePart | undefined {
  if (box === undefined) return undefined;
  const { top, bottom, left, right } = box;
  if (!(top >= 0 && top < bottom && bottom <= 1 && left >= 0 && left < right && right <= 1))
    throw new RangeError(
      `Cannot score explanations: expected a box of shares of the photo, 0 <= top < bottom <= 1 and 0 <= left < right <= 1, got top ${top}, bottom ${bottom}, left ${left}, right ${right}`,
    );
  const clip = (place: number, from: number, to: number): number => Math.min(1, Math.max(0, (place - from) / (to - from))); // prettier-ignore
  const part = {
    ...{ top: clip(top, seen.top, seen.bottom), bottom: clip(bottom, seen.top, seen.bottom) },
    ...{ left: clip(left, seen.left, seen.right), right: clip(right, seen.left, seen.right) },
  };
  return part.top < part.bottom && part.left < part.right ? part : undefined;
}
