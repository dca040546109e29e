import { attr, type Attrs } from "../runtime/attributes";
import { castTo, executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { padImages, windowAttrs, type WindowOptions } from "./convolution";
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
