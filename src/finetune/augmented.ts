import { preprocessForTrain, type Augment, type ImageTransform } from "../input";
import { showBatch, type Gallery, type ShowImageOptions } from "../inspect/gallery";
import { castTo, random, tf } from "../tensorflow";

/** Options of showAugmented(). */
export interface ShowAugmentedOptions extends ShowImageOptions {
  /**
   * A ready-made mixture, after preprocessForTrain()'s crop and mirroring; or a transform as createInputFn() takes it.
   * @default "standard"
   */
  readonly augment?: Augment | ImageTransform;
  /** How often it is drawn. @default 12 */
  readonly count?: number;
  /** Other draws for another. @default 0 */
  readonly seed?: number;
  /** Images in a row. @default as many as the page has room for */
  readonly columns?: number;
}

/**
 * A photo as training sees it, several times over: what is drawn for it.
 * @param photo  [height, width, 3], RGB, 0…255: what readImage() gives, or an image of a batch; read at once
 * @throws {TypeError} if it is not of that shape
 * @throws {RangeError} if there is no such mixture, or count is no whole number from 1 on
 * @example showAugmented(await readImage("photo.jpg"), { augment: "strong" })
 * @example showAugmented(photo, { augment: (image, seed) => randomPerspective(image, seed) })
 */
export function showAugmented(photo: tf.Tensor, options: ShowAugmentedOptions = {}): Gallery {
  const { augment = "standard", count = 12, seed = 0, ...shown } = options;
  if (photo.rank !== 3 || photo.shape[2] !== 3)
    throw new TypeError(
      `Cannot show augmented photo: expected [height, width, 3], got [${photo.shape.join(", ")}]`,
    );
  if (!(Number.isSafeInteger(count) && count >= 1))
    throw new RangeError(
      `Cannot show augmented photo: expected count to be a whole number >= 1, got ${count}`,
    );
  const transform: ImageTransform =
    typeof augment === "string"
      ? (image, drawn) => preprocessForTrain(image, { seed: drawn, augment })
      : augment;
  const batch = tf.tidy(() => {
    const image = castTo(photo, "int32").as3D(photo.shape[0] ?? 0, photo.shape[1] ?? 0, 3);
    return tf.stack(
      Array.from({ length: count }, (_, i) => castTo(transform(image, random.seed(seed, i)), "float32")),
    );
  });
  try {
    return showBatch(batch, shown);
  } finally {
    batch.dispose();
  }
}
