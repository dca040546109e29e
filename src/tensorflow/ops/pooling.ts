import { attr, type Attrs } from "../runtime/attributes";
import { castTo, executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { padImages, windowAttrs, type WindowOptions } from "./convolution";
import { depthwiseConvolve } from "./depthwise";
import { differentiable } from "./kernel";
import { dynamicShape, dynamicSlice } from "./shape";

const FLOAT = { T: attr.type("float32") };

const runMaximum = differentiable<{ attrs: Attrs }>({
  name: "MaxPool",
  saves: [0],
  savesOutput: true,
  compute: (inputs, options) => executeOne("MaxPool", inputs, (options as { attrs: Attrs }).attrs),
  differentiate: (dy, saved, options) => [
    () => executeOne("MaxPoolGrad", [...saved, dy], (options as { attrs: Attrs }).attrs),
  ],
});

/**
 * The maximum under a moving square window; the gradient goes to where the maximum was.
 * @param x     float32 [batch, height, width, channels]
 * @param size  the window's side in pixels
 * @see tf.nn.max_pool2d
 */
export function maximumPool(x: tf.Tensor4D, size: number, options: WindowOptions = {}): tf.Tensor4D {
  const { stride = 1, padding = "same" } = options;
  const ksize = attr.ints([1, size, size, 1]);
  if (typeof padding === "string")
    return runMaximum([x], { attrs: { ...windowAttrs(stride, padding), ksize } }) as tf.Tensor4D;
  const attrs = { ...windowAttrs(stride, "valid"), ksize };
  return tf.tidy(() => runMaximum([padImages(x, padding, LOWEST)], { attrs }) as tf.Tensor4D);
}

const runAverage = differentiable<{ attrs: Attrs }>({
  name: "AvgPool",
  saves: [0],
  compute: (inputs, options) => executeOne("AvgPool", inputs, (options as { attrs: Attrs }).attrs),
  differentiate: (dy, [x], options) => [
    () => executeOne("AvgPoolGrad", [dynamicShape(x as tf.Tensor), dy], (options as { attrs: Attrs }).attrs),
  ],
});

/**
 * The mean under a moving square window. Pixels that "same" adds do not count; those of a padding in pixels count as zeros.
 * @param x     float32 [batch, height, width, channels]
 * @param size  the window's side in pixels
 * @see tf.nn.avg_pool2d, torch.nn.AvgPool2d
 */
export function averagePool(x: tf.Tensor4D, size: number, options: WindowOptions = {}): tf.Tensor4D {
  const { stride = 1, padding = "same" } = options;
  const ksize = attr.ints([1, size, size, 1]);
  if (typeof padding === "string")
    return runAverage([x], { attrs: { ...windowAttrs(stride, padding), ksize } }) as tf.Tensor4D;
  const attrs = { ...windowAttrs(stride, "valid"), ksize };
  return tf.tidy(() => runAverage([padImages(x, padding)], { attrs }) as tf.Tensor4D);
}

const MIRROR = { T: attr.type("float32"), Tpaddings: attr.type("int32"), mode: attr.string("REFLECT") };

const runMirror = differentiable({
  name: "MirrorPad",
  saves: [],
  compute: ([x]) => executeOne("MirrorPad", [x as tf.Tensor, aroundImages()], MIRROR),
  differentiate: (dy) => [() => executeOne("MirrorPadGrad", [dy, aroundImages()], MIRROR)],
});

const aroundImages = (): tf.Tensor => tf.tensor2d([0, 0, 1, 1, 1, 1, 0, 0], [4, 2], "int32");

const BINOMIAL = [1, 2, 1];

/**
 * The binomial mean (1, 2, 1 both ways, over 16) of 3 x 3 pixels, mirrored at the edges; x must be 2 pixels high and wide or more.
 * @param x    float32 [batch, height, width, channels]
 * @param own  as in ConvolveOptions
 * @returns    float32 [batch, ceil(height / stride), ceil(width / stride), channels]
 * @see Zhang 2019 (arXiv 1904.11486); timm.layers.BlurPool2d
 */
export function blurPool(
  x: tf.Tensor4D,
  { stride = 1, own = false }: { readonly stride?: number; readonly own?: boolean } = {},
): tf.Tensor4D {
  const [, , , channels] = x.shape;
  return tf.tidy(() => {
    const weights = BINOMIAL.flatMap((y) => BINOMIAL.map((x) => (y * x) / 16));
    const filter = tf.tensor4d(
      weights.flatMap((weight) => Array.from({ length: channels }, () => weight)),
      [3, 3, channels, 1],
    );
    const mirrored = runMirror([x], {}) as tf.Tensor4D;
    return depthwiseConvolve(mirrored, filter, { stride, padding: "valid", own });
  });
}

const LOWEST = -(2 - 2 ** -23) * 2 ** 127; // of float32: no pixel is less

const runMean = differentiable({
  name: "GlobalMean",
  saves: [0],
  compute: ([x]) => executeOne("Mean", [x as tf.Tensor, imageAxes()], meanAttrs),
  differentiate: (dy, [x]) => [
    () => {
      const shape = dynamicShape(x as tf.Tensor);
      const sides = dynamicSlice(shape, tf.tensor1d([1], "int32"), tf.tensor1d([2], "int32"));
      const share = dy.div(castTo(tf.prod(sides), "float32"));
      return executeOne("BroadcastTo", [share, shape], { ...FLOAT, Tidx: attr.type("int32") });
    },
  ],
});

const meanAttrs = { ...FLOAT, Tidx: attr.type("int32"), keep_dims: attr.bool(true) };
const imageAxes = (): tf.Tensor => tf.tensor1d([1, 2], "int32");

/**
 * The mean over an image's pixels.
 * @param x  float32 [batch, height, width, channels]
 * @returns  float32 [batch, 1, 1, channels]
 */
export function globalMean(x: tf.Tensor4D): tf.Tensor4D {
  return runMean([x], {}) as tf.Tensor4D;
}

/**
 * Means over `size` x `size` parts of an image, each from the pixel where it begins to the one where it ends, so that parts overlap
 * where the image's sides are no multiples of the size; x itself, if it has that size.
 * @param x  float32 [batch, height, width, channels]
 * @returns  float32 [batch, size, size, channels]
 * @see torch.nn.AdaptiveAvgPool2d
 */
export function adaptiveMean(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const [, height, width] = x.shape;
  if (height === size && width === size) return x.clone();
  return tf.tidy(() => {
    const wide = alongLast(x.transpose([0, 1, 3, 2]), size); // [batch, height, channels, size]
    return alongLast(wide.transpose([0, 2, 3, 1]), size).transpose([0, 3, 2, 1]);
  });
}

/**
 * Means over parts of the last dimension; those of one number are that number, copied: TensorFlow 2.21's product ended the process.
 */
function alongLast(x: tf.Tensor4D, size: number): tf.Tensor4D {
  const [, , , side] = x.shape;
  return side === 1 ? tf.concat(new Array<tf.Tensor4D>(size).fill(x), 3) : tf.matMul(x, shares(side, size));
}

/** What each pixel of a side counts in each part's mean: float32 [1, 1, side, size]. */
function shares(side: number, size: number): tf.Tensor4D {
  const values = Array.from({ length: side }, (_, pixel) =>
    Array.from({ length: size }, (__, part) => {
      const [begin, end] = [Math.floor((part * side) / size), Math.ceil(((part + 1) * side) / size)];
      return pixel >= begin && pixel < end ? 1 / (end - begin) : 0;
    }),
  );
  return tf.tensor4d(values.flat(), [1, 1, side, size]);
}
