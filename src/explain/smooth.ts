/** Maps made smoother by looking at changed images, too. */
import { tf } from "../tensorflow";
import type { Explained } from "./explained";

/** A change of images that leaves what is on them as it is. */
export interface View {
  /** Left is right. */
  readonly mirrored: boolean;
  /** What all pixels are multiplied by, as the network gets them. */
  readonly factor: number;
}

/** pytorch-grad-cam's, the image as it is first. */
export const VIEWS: readonly View[] = [false, true].flatMap((mirrored) =>
  [1, 0.9, 1.1].map((factor) => ({ mirrored, factor })),
);

/** Images so changed: float32 [batch, height, width, 3]; the caller disposes. */
export function viewOf(images: tf.Tensor4D, { mirrored, factor }: View): tf.Tensor4D {
  return tf.tidy(() => tf.mul<tf.Tensor4D>(mirrored ? tf.reverse(images, 2) : images, factor));
}

/**
 * Maps of changed images, as maps of the images: what was on the left is on the left again, and so are the places, which are not the
 * mirrored cells' own where a network strides unevenly. Takes the maps over.
 */
export function unchanged(maps: Explained, { mirrored }: View): Explained {
  if (!mirrored) return maps;
  const { heatmaps, values, columns } = maps;
  const own = tf.tidy(() => ({
    heatmaps: tf.reverse<tf.Tensor3D>(heatmaps, 2),
    values: tf.reverse<tf.Tensor3D>(values, 2),
    columns: tf.sub<tf.Tensor1D>(1, tf.reverse(columns, 0)),
  }));
  tf.dispose([heatmaps, values, columns]);
  return { ...maps, ...own };
}
