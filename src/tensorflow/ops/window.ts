/** Pixels of resized images, computed without the rest of these. */
import { attr } from "../runtime/attributes";
import { castTo, executeOne } from "../trace/execute";
import { dataType, tf } from "../runtime/runtime";
import { resamplePixels, scaleWindow, type Antialiased } from "./antialias";
import { branch } from "./branch";
import { mirror, resizeBilinear, select } from "./image";
import { dynamicReshape, dynamicShape, dynamicSlice, insertAxis, removeAxes } from "./shape";

/** How many times its pixels a part may make to be computed on the way to it: for all but narrow photos that is faster. */
const WHOLE = 4;

/** Whether an image resized to `size` may be computed as a whole on the way to a part of it. */
export function isResizedWhole(size: readonly [number, number], part: readonly [number, number]): boolean {
  return size[0] * size[1] <= WHOLE * part[0] * part[1];
}

/** A part of an image in another size. */
export interface ResizeWindow {
  /** int32 [2]: height and width that the whole image would be resized to */
  readonly size: tf.Tensor;
  /** int32 [2]: the part's top and left there */
  readonly begin: tf.Tensor;
  readonly height: number;
  readonly width: number;
}

/**
 * A part of resized images. The longer side of narrow ones may become millions of pixels long: work and memory do not follow
 * that, but the images and the part.
 * @param images  [batch, height, width, channels], any number type; it holds in recordings for images of any size
 * @returns       float32 [batch, window's height, window's width, channels]
 */
export function resizeWindow(images: tf.Tensor, window: ResizeWindow): tf.Tensor4D {
  const { size, begin, height, width } = window;
  const [dtype, channels = 3] = [dataType(images), images.shape[3]];
  return tf.tidy(() => {
    const pixels = castTo(size, "float32").prod();
    return branch(pixels.lessEqual(tf.scalar(WHOLE * height * width)), [images, size, begin], {
      name: `window_${height}_${width}_${channels}_${dtype}`,
      yes: (whole, to, from) => {
        const resized = resizeBilinear(whole, to);
        const part = tf.tensor1d([-1, height, width, -1], "int32");
        return dynamicSlice(resized, tf.pad(from, [[1, 1]]), part);
      },
      no: (whole, to, from) => {
        const { rows, columns } = placesOf({ begin: from, height, width });
        return pickResizedPixels(whole, to, rows, columns);
      },
      examples: () => {
        const image = tf.tidy(() => castTo(tf.zeros([1, 1, 1, channels]), dtype));
        return [image, tf.tensor1d([height, width], "int32"), tf.zeros([2], "int32")];
      },
    }) as tf.Tensor4D;
  });
}

/** The rows and columns of a window, int32 [1, height] and [1, width]. */
function placesOf({ begin, height, width }: Omit<ResizeWindow, "size">): {
  readonly rows: tf.Tensor;
  readonly columns: tf.Tensor;
} {
  const [top, left] = tf.split(begin, 2).map((first) => insertAxis(first, 0)) as [tf.Tensor, tf.Tensor];
  return {
    rows: top.add(tf.range(0, height, 1, "int32")),
    columns: left.add(tf.range(0, width, 1, "int32")),
  };
}

/** By how much images become longer, float32 [2]. @param size  int32 [2]: of the resized images */
function scaleTo(size: tf.Tensor, images: tf.Tensor): tf.Tensor {
  return castTo(size, "float32").div(castTo(dynamicShape(images).slice([1], [2]), "float32"));
}

/** The same antialiased, by one operation, for photos as they are decoded. See scaleWindow(). */
export function antialiasWindow(
  images: tf.Tensor,
  { size, begin, height, width }: ResizeWindow,
  interpolation: Antialiased,
): tf.Tensor4D {
  return tf.tidy(() => {
    const scale = scaleTo(size, images);
    const part = tf.tensor1d([height, width], "int32");
    return scaleWindow(images, { scale, begin: castTo(begin, "float32"), part }, interpolation);
  });
}

/** Images in another size, antialiased. See scaleWindow(). @param size  int32 [2] */
export function antialiasImages(images: tf.Tensor, size: tf.Tensor, interpolation: Antialiased): tf.Tensor4D {
  return tf.tidy(() => {
    const scale = scaleTo(size, images);
    return scaleWindow(images, { scale, begin: tf.zeros([2]), part: size }, interpolation);
  });
}

/** One image in another size. See antialiasImages(). @param image  [height, width, channels] */
export function antialiasImage(image: tf.Tensor, size: tf.Tensor, interpolation: Antialiased): tf.Tensor3D {
  return tf.tidy(
    () => removeAxes(antialiasImages(insertAxis(image, 0), size, interpolation), [0]) as tf.Tensor3D,
  );
}

/** The same window by plain operations, 0…255. See resamplePixels(). */
export function resampleWindow(
  images: tf.Tensor,
  { size, ...window }: ResizeWindow,
  interpolation: Antialiased,
): tf.Tensor4D {
  return tf.tidy(() => {
    const from = dynamicShape(images).slice([1], [2]);
    const places = placesOf(window);
    return tf.clipByValue(resamplePixels(images, { from, size, ...places }, interpolation), 0, 255);
  });
}

/**
 * Rows and columns of pixels picked from resized images, each image's by its own lists: pickPixels() of resizeBilinear().
 * @param images   [batch, height, width, channels], any number type
 * @param size     int32 [2]: height and width of the resized images
 * @param rows     int32 [batch, new height], of the resized images; or [1, new height] for all
 * @param columns  int32 [batch, new width], or [1, new width]
 * @returns        float32 [batch, new height, new width, channels]
 * @see tensorflow/core/kernels/image/resize_bilinear_op.cc
 */
export function pickResizedPixels(
  images: tf.Tensor,
  size: tf.Tensor,
  rows: tf.Tensor,
  columns: tf.Tensor,
): tf.Tensor4D {
  return tf.tidy(() => {
    const shape = dynamicShape(images);
    const place = (axis: number): tf.Tensor => shape.slice([axis], [1]);
    const y = neighbours(rows, place(1), size.slice([0], [1]));
    const x = neighbours(columns, place(2), size.slice([1], [1]));
    const part = tf.tensor1d([rows.shape[1] ?? 1, columns.shape[1] ?? 1], "int32");
    const flat = dynamicReshape(images, tf.concat([place(0), tf.tensor1d([-1], "int32"), place(3)])); // [b, h * w, c]
    const pick = (row: tf.Tensor, column: tf.Tensor): tf.Tensor => {
      const at = insertAxis(row, 2).mul(place(2)).add(insertAxis(column, 1)); // [b or 1, h', w']
      const all = broadcast(at, tf.concat([place(0), part]));
      return castTo(pickAlong(flat, all), "float32"); // [b, h', w', c]
    };
    const between = (from: tf.Tensor, to: tf.Tensor, share: tf.Tensor): tf.Tensor =>
      from.add(to.sub(from).mul(share));
    const shareX = insertAxis(insertAxis(x.share, 1), 3);
    const shareY = insertAxis(insertAxis(y.share, 2), 3);
    const top = between(pick(y.lower, x.lower), pick(y.lower, x.upper), shareX);
    const bottom = between(pick(y.upper, x.lower), pick(y.upper, x.upper), shareX);
    return between(top, bottom, shareY) as tf.Tensor4D;
  });
}

/** A part of an image, and what is wanted of it in another size. */
export interface ResizeRegion {
  /** float32 [4]: top, left, height and width in pixels of the image, of which they may be fractions */
  readonly region: tf.Tensor;
  /** int32 [2]: height and width that the region would be resized to */
  readonly size: tf.Tensor;
  /** int32 [4]: top, left, height and width there */
  readonly window: tf.Tensor;
  /** bool scalar: whether the window is mirrored left to right */
  readonly mirrored: tf.Tensor;
}

/**
 * A window of an image's resized region, by an operation of the addon, for CPUs: nothing but the window is computed.
 * @param image  uint8 [height, width, channels]
 * @returns      float32 [window's height, window's width, channels]; of whole pixels just what resizeBilinear() gives of the region
 */
export function resizeRegion(image: tf.Tensor, wanted: ResizeRegion): tf.Tensor3D {
  const { region, size, window, mirrored } = wanted;
  return executeOne("SlimlabResizeRegion", [image, region, size, window, mirrored]) as tf.Tensor3D;
}

/**
 * The same antialiased, of what lies in the region alone.
 * @param image  uint8 [height, width, channels]
 * @returns      float32 [window's height, window's width, channels], 0…255
 */
export function antialiasRegion(
  image: tf.Tensor,
  { region, size, window, mirrored }: ResizeRegion,
  interpolation: Antialiased,
): tf.Tensor3D {
  return tf.tidy(() => {
    const [place, lengths] = tf.split(region, 2) as [tf.Tensor, tf.Tensor];
    const [first, part] = tf.split(window, 2) as [tf.Tensor, tf.Tensor];
    const most = dynamicShape(image).slice([0], [2]);
    const top = castTo(place.floor(), "int32").maximum(tf.scalar(0, "int32"));
    const bottom = castTo(place.add(lengths).ceil(), "int32").minimum(most);
    const whole = tf.tensor1d([-1], "int32");
    const inside = dynamicSlice(image, tf.pad(top, [[0, 1]]), tf.concat([bottom.sub(top), whole]));
    const scale = castTo(size, "float32").div(lengths);
    const begin = castTo(first, "float32").add(place.sub(castTo(top, "float32")).mul(scale));
    const resized = scaleWindow(insertAxis(inside, 0), { scale, begin, part }, interpolation);
    const one = removeAxes(resized, [0]);
    return select(mirrored, mirror(one), one) as tf.Tensor3D;
  });
}

/** @param shape  int32, computed in the graph */
function broadcast(x: tf.Tensor, shape: tf.Tensor): tf.Tensor {
  return executeOne("BroadcastTo", [x, shape], { T: attr.type(dataType(x)), Tidx: attr.type("int32") });
}

/** Which pixels lie about places of a resized side, and how far from the lower to the upper these are. */
function neighbours(
  places: tf.Tensor,
  side: tf.Tensor,
  resized: tf.Tensor,
): { readonly lower: tf.Tensor; readonly upper: tf.Tensor; readonly share: tf.Tensor } {
  const scale = castTo(side, "float32").div(castTo(resized, "float32"));
  const exact = castTo(places, "float32").mul(scale);
  const floor = exact.floor();
  const last = side.sub(tf.scalar(1, "int32"));
  const within = (x: tf.Tensor): tf.Tensor => castTo(x, "int32").minimum(last);
  return { lower: within(floor), upper: within(exact.ceil()), share: exact.sub(floor) };
}

/** @param at  int32 [batch, ...]: indices along the second dimension of each slice */
function pickAlong(x: tf.Tensor, at: tf.Tensor): tf.Tensor {
  const [Tindices, Taxis] = [attr.type("int32"), attr.type("int32")];
  const attrs = { Tparams: attr.type(dataType(x)), Tindices, Taxis, batch_dims: attr.int(1) };
  return executeOne("GatherV2", [x, at, tf.scalar(1, "int32")], attrs);
}
