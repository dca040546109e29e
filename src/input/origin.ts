/** From which file's contents images were decoded, while a function is recorded: who wants less than the whole decodes less. */
import type { tf } from "../tensorflow";

/** How a photo is decoded whose pixels are then resized. */
export type Decode = "exact" | "scaled";

/** Where a decoded image comes from. */
export interface Origin {
  /** string scalar: the file */
  readonly contents: tf.Tensor;
  readonly decode: Decode;
}

const origins = new WeakMap<tf.Tensor, Origin>();

/** Tells where an image comes from. @returns the image */
export function withOrigin<T extends tf.Tensor>(image: T, origin: Origin): T {
  origins.set(image, origin);
  return image;
}

/** Where an image comes from, if that is known. */
export function originOf(image: tf.Tensor): Origin | undefined {
  return origins.get(image);
}
