/** Boxes of photos, of random place, area and proportions. */
import {
  antialiasImage,
  dynamicShape,
  randomBox,
  resizeImage,
  sliceImage,
  tf,
  type Interpolation,
  type RandomBoxOptions,
} from "../tensorflow";
import { cutPhoto, type Cut, type Drawn } from "./cut";
import { mirrorIf } from "./flip";
import { originOf } from "./origin";

/** Height and width of the result. */
export interface BoxOptions extends RandomBoxOptions {
  readonly height: number;
  readonly width: number;
  /** @default "slim" */
  readonly interpolation?: Interpolation;
}

/**
 * A random box of an image, resized to one size. Of a photo that is just being decoded, no more is decoded than is needed.
 * @param image  [height, width, channels], any number type
 * @returns      float32 [height, width, channels]
 */
export function cropBox(
  image: tf.Tensor,
  drawn: Drawn & { readonly seed: tf.Tensor },
  options: BoxOptions,
): tf.Tensor3D {
  const { height, width, interpolation = "slim", ...box } = options;
  const origin = originOf(image);
  if (origin !== undefined) return cutPhoto(origin, drawn, boxCut(options));
  return tf.tidy(() => {
    const { begin, size } = randomBox(dynamicShape(image), drawn.seed, box);
    const part = sliceImage(image, begin, size);
    if (interpolation === "slim") return mirrorIf(drawn.mirrored, resizeImage(part, [height, width]));
    const resized = antialiasImage(part, tf.tensor1d([height, width], "int32"), interpolation);
    return mirrorIf(drawn.mirrored, resized);
  });
}

function boxCut({ height, width, interpolation = "slim", ...box }: BoxOptions): Cut {
  return {
    ...{ name: `box_${height}_${width}_${interpolation}_${JSON.stringify(box)}`, height, width },
    ...{ isOfWhole: false, interpolation },
    choose: (sides, seed) => {
      const { begin, size } = randomBox(tf.concat([sides, tf.tensor1d([3], "int32")]), seed, box);
      const region = tf.concat([begin.slice([0], [2]), size.slice([0], [2])]);
      return { region, size: tf.tensor1d([height, width], "int32"), begin: tf.zeros([2], "int32") };
    },
  };
}
