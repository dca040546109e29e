/** Photos squashed into a square, the whole of them or their middle, as networks see them whose proportions do not matter. */
import {
  antialiasWindow,
  castTo,
  dynamicSlice,
  insertAxis,
  resampleWindow,
  resizeBilinear,
  tf,
  type Interpolation,
} from "../tensorflow";
import { cutPhoto, type Cut, type Part } from "./cut";
import { originOf } from "./origin";
import { halfOf, sidesOf } from "./sides";

/** What is squashed, and how. */
export interface SquashOptions {
  /** Height and width of the result, in pixels. */
  readonly side: number;
  /** The share of each side that is kept, the middle: 0.01 … 1. */
  readonly centralFraction: number;
  readonly interpolation: Interpolation;
}

/**
 * The middle of a photo, or of each of a batch, squashed into a square; of a batch by plain operations, which other formats have, too.
 * @param image  [height, width, channels] or [batch, height, width, channels], any number type
 * @returns      float32 [side, side, channels] or [batch, side, side, channels]
 * @see TF-Slim inception_preprocessing.preprocess_for_eval, which crops before it resizes; timm 1.0.31 data/transforms_factory.py,
 * transforms_imagenet_eval() of crop_mode "squash", which resizes before it crops
 */
export function squashCentral(image: tf.Tensor, options: SquashOptions): tf.Tensor {
  if (image.rank === 4) return squash(image, options, resampleWindow);
  const origin = originOf(image);
  if (origin !== undefined) return cutPhoto(origin, {}, cutOf(options));
  return tf.tidy(() => {
    const one = squash(insertAxis(image, 0), options, antialiasWindow);
    return one.as3D(one.shape[1], one.shape[2], one.shape[3]);
  });
}

function squash(images: tf.Tensor, options: SquashOptions, antialias: typeof antialiasWindow): tf.Tensor4D {
  const { side, interpolation } = options;
  return tf.tidy(() => {
    const { region, size, begin } = partOf(sidesOf(images), options);
    if (interpolation !== "slim")
      return antialias(images, { size, begin, height: side, width: side }, interpolation);
    const [place, lengths] = [region.slice([0], [2]), region.slice([2], [2])];
    const all = tf.tensor1d([-1], "int32");
    const middle = dynamicSlice(images, tf.pad(place, [[1, 1]]), tf.concat([all, lengths, all]));
    return resizeBilinear(middle, size);
  });
}

function cutOf(options: SquashOptions): Cut {
  const { side, centralFraction, interpolation } = options;
  return {
    ...{ name: `squashed_${side}_of_${centralFraction}_${interpolation}`, height: side, width: side },
    ...{ isOfWhole: true, interpolation },
    choose: (sides) => partOf(sides, options),
  };
}

/** @param sides  int32 [2] */
function partOf(sides: tf.Tensor, { side, centralFraction, interpolation }: SquashOptions): Part {
  const square = (pixels: number): tf.Tensor => tf.tensor1d([pixels, pixels], "int32");
  if (interpolation !== "slim") {
    const whole = Math.floor(side / centralFraction);
    const begin = halfOf(square(whole - side), interpolation);
    return { region: tf.concat([square(0), sides]), size: square(whole), begin };
  }
  const exact = castTo(sides, "float32");
  const margin = castTo(exact.sub(exact.mul(tf.scalar(centralFraction))).mul(0.5).floor(), "int32"); // prettier-ignore
  const lengths = sides.sub(margin.mul(tf.scalar(2, "int32")));
  return { region: tf.concat([margin, lengths]), size: square(side), begin: square(0) };
}
