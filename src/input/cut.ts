/** Parts of photos in another size, for which no more is decoded than they need. */
import {
  antialiasRegion,
  branch,
  castTo,
  decodeJpegPart,
  decodePixels,
  decodeSmallJpegPart,
  dynamicShape,
  endsAsJpeg,
  exampleJpeg,
  isJpeg,
  jpegShape,
  radiusOf,
  resizeRegion,
  select,
  tf,
  type DctMethod,
  type Interpolation,
  type JpegRatio,
  type ResizeRegion,
} from "../tensorflow";
import type { Origin } from "./origin";

/** A part of a photo and what becomes of it, computed in the graph. */
export interface Part {
  /** int32 [4]: top, left, height and width in pixels of the photo */
  readonly region: tf.Tensor;
  /** int32 [2]: height and width that the region is resized to */
  readonly size: tf.Tensor;
  /** int32 [2]: top and left, there, of what is wanted */
  readonly begin: tf.Tensor;
}

/** How a part of a photo is chosen. */
export interface Cut {
  /** What chooses, with its numbers: cuts of one name are the same. */
  readonly name: string;
  /** Height and width of the result. */
  readonly height: number;
  readonly width: number;
  /** Whether it is mostly made of all the photo's pixels. */
  readonly isOfWhole: boolean;
  readonly interpolation: Interpolation;
  /** @param sides int32 [2] @param seed int32 [2] */
  choose(sides: tf.Tensor1D, seed: tf.Tensor): Part;
}

/** What is drawn for one photo. */
export interface Drawn {
  /** int32 [2]; @default one that a cut has no use for */
  readonly seed?: tf.Tensor;
  /** bool scalar: whether the result is mirrored left to right. @default false */
  readonly mirrored?: tf.Tensor | undefined;
}

/** The file, and the seed and whether it is mirrored. */
type Inputs = readonly [contents: tf.Tensor, seed: tf.Tensor, mirrored: tf.Tensor];

/**
 * A part of a photo in another size.
 * @returns float32 [height, width, 3]: "exact" just what is cut from all pixels
 */
export function cutPhoto(origin: Origin, drawn: Drawn, cut: Cut): tf.Tensor3D {
  const { contents, decode } = origin;
  return tf.tidy(() => {
    const { seed = tf.zeros([2], "int32"), mirrored = tf.scalar(false, "bool") } = drawn;
    if (decode === "exact" && cut.isOfWhole) return cutDecoded([contents, seed, mirrored], cut);
    const one = branch(isJpeg(contents), [contents, seed, mirrored], {
      name: `${decode}_${cut.name}`,
      yes: (...inputs) => cutJpeg(inputs, decode, cut),
      no: (...inputs) => cutDecoded(inputs, cut),
      examples: () => [exampleJpeg(), tf.zeros([2], "int32"), tf.scalar(false, "bool")],
    });
    return one.as3D(cut.height, cut.width, 3);
  });
}

/** Of all pixels. */
function cutDecoded([contents, seed, mirrored]: Inputs, cut: Cut): tf.Tensor3D {
  const image = decodePixels(contents, dctMethodOf(cut.interpolation));
  const { region, size, begin } = cut.choose(sidesOf(dynamicShape(image)), seed);
  const window = windowOf(begin, cut);
  return resized(image, { region: castTo(region, "float32"), size, window, mirrored }, cut);
}

/** As those decode JPEGs whose resizing it is. */
export function dctMethodOf(interpolation: Interpolation): DctMethod {
  return interpolation === "slim" ? "INTEGER_FAST" : "INTEGER_ACCURATE";
}

function resized(image: tf.Tensor, wanted: ResizeRegion, { interpolation }: Cut): tf.Tensor3D {
  return interpolation === "slim" ? resizeRegion(image, wanted) : antialiasRegion(image, wanted, interpolation); // prettier-ignore
}

/**
 * The part alone is decoded if it is at most half of the photo, or few of its pixels are; "scaled" as small as JPEG has it without
 * enlarging it then.
 */
function cutJpeg([contents, seed, mirrored]: Inputs, decode: Origin["decode"], cut: Cut): tf.Tensor3D {
  const sides = sidesOf(jpegShape(contents));
  const part = cut.choose(sides, seed);
  const ratio = decode === "exact" ? tf.scalar(1) : ratioOf(part);
  const place = castTo(part.region, "float32").div<tf.Tensor1D>(ratio);
  // The first pixel of a smaller photo stands for several: for their middle. Antialiased, pixels are areas anyhow.
  const shift = cut.interpolation === "slim" ? tf.scalar(0.5).sub(tf.scalar(0.5).div(ratio)) : tf.scalar(0);
  const placed = { top: place.slice([0], [2]).sub(shift), lengths: place.slice([2], [2]) };
  const smaller = castTo(castTo(sides, "float32").div(ratio).ceil(), "int32");
  const whole = tf.concat([tf.zeros([2], "int32"), smaller]);
  const needed = neededOf(part, placed, cut, smaller);
  const isSmall = pixelsOf(needed).mul(2).lessEqual(pixelsOf(whole));
  const saves = tf.logicalOr(isSmall, ratio.greaterEqual(tf.scalar(4)));
  const window = select(tf.logicalAnd(endsAsJpeg(contents), saves), needed, whole); // a cut file is to fail
  const image =
    decode === "exact"
      ? decodeJpegPart(contents, window, 1, dctMethodOf(cut.interpolation))
      : decodeSmaller(contents, window, ratio);
  const top = placed.top.sub(castTo(window.slice([0], [2]), "float32"));
  const region = tf.concat([top, placed.lengths]);
  return resized(image, { region, size: part.size, window: windowOf(part.begin, cut), mirrored }, cut);
}

/** By how much the region may be smaller and is yet no smaller than what it becomes: 1, 2, 4 or 8. */
function ratioOf({ region, size }: Part): tf.Tensor {
  const most = castTo(region.slice([2], [2]), "float32")
    .div(castTo(size, "float32"))
    .min();
  const from = (ratio: number): tf.Tensor => castTo(most.greaterEqual(tf.scalar(ratio)), "float32");
  return tf.scalar(1).add(from(2)).add(from(4).mul(2)).add(from(8).mul(4));
}

/** The pixels that a window is made of, and some around them, since colours at the edge of what is decoded may be others. */
function neededOf(
  { size, begin }: Part,
  { top, lengths }: { readonly top: tf.Tensor; readonly lengths: tf.Tensor },
  { height, width, interpolation }: Cut,
  sides: tf.Tensor,
): tf.Tensor {
  const scale = lengths.div(castTo(size, "float32"));
  const first = top.add(castTo(begin, "float32").mul(scale));
  const last = first.add(tf.tensor1d([height - 1, width - 1]).mul(scale));
  // Half a pixel to the middle of the last, and as far as pixels mix.
  const mixed = interpolation === "slim" ? tf.scalar(0) : scale.maximum(1).mul(radiusOf(interpolation) + 0.5);
  const begins = castTo(first.sub(mixed).floor().sub(MARGIN), "int32").maximum(tf.scalar(0, "int32"));
  const ends = castTo(
    last
      .add(mixed)
      .ceil()
      .add(1 + MARGIN),
    "int32",
  ).minimum(sides);
  return tf.concat([begins, ends.sub(begins)]);
}

const MARGIN = 2; // one for the colours, one for what is rounded

const pixelsOf = (window: tf.Tensor): tf.Tensor => castTo(window.slice([2], [2]), "float32").prod();

const RATIOS = [1, 2, 4, 8] as const;

/** One of four, since the operation's ratio is fixed. */
function decodeSmaller(
  contents: tf.Tensor,
  window: tf.Tensor,
  ratio: tf.Tensor,
  [first = 8, ...others]: readonly JpegRatio[] = RATIOS,
): tf.Tensor {
  const decode = (file: tf.Tensor, part: tf.Tensor): tf.Tensor =>
    first === 4 || first === 8 ? decodeSmallJpegPart(file, part, first) : decodeJpegPart(file, part, first);
  if (others.length === 0) return decode(contents, window);
  return branch(ratio.lessEqual(tf.scalar(first)), [contents, window, ratio], {
    name: `decode_from_${first}`,
    yes: decode,
    no: (file, part, by) => decodeSmaller(file, part, by, others),
    examples: () => [exampleJpeg(), tf.tensor1d([0, 0, 1, 1], "int32"), tf.scalar(1)],
  });
}

function windowOf(begin: tf.Tensor, { height, width }: Cut): tf.Tensor {
  return tf.concat([begin, tf.tensor1d([height, width], "int32")]);
}

const sidesOf = (shape: tf.Tensor): tf.Tensor1D => shape.slice([0], [2]).as1D();
