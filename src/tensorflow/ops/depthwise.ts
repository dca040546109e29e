/** Convolutions of each channel by itself. */
import { attr, type Attrs } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { padImages, windowAttrs, type ConvolveOptions } from "./convolution";
import { differentiable } from "./kernel";
import { dynamicShape } from "./shape";

const run = differentiable<{ attrs: Attrs }>({
  name: "DepthwiseConv2D",
  saves: [0, 1],
  compute: (inputs, options) =>
    executeOne("DepthwiseConv2dNative", inputs, (options as { attrs: Attrs }).attrs),
  differentiate: (dy, saved, options) => {
    const { attrs } = options as { attrs: Attrs };
    const [x, filter] = saved as [tf.Tensor, tf.Tensor];
    return [
      () => executeOne("DepthwiseConv2dNativeBackpropInput", [dynamicShape(x), filter, dy], attrs),
      () => executeOne("DepthwiseConv2dNativeBackpropFilter", [x, dynamicShape(filter), dy], attrs),
    ];
  },
});

/**
 * A convolution of each channel by kernels of its own; gradients reach x and filter.
 * @param x       float32 [batch, height, width, channels]
 * @param filter  float32 [kernel height, kernel width, channels, multiplier]
 * @returns       float32 [batch, new height, new width, channels * multiplier]
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shapes do not fit
 * @see tf.nn.depthwise_conv2d
 */
export function depthwiseConvolve(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  options: Omit<ConvolveOptions, "winograd"> = {},
): tf.Tensor4D {
  const { rate = 1, stride = 1, padding = "same" } = options;
  const dilations = attr.ints([1, rate, rate, 1]);
  if (typeof padding === "string") {
    const attrs = { ...windowAttrs(stride, padding), dilations };
    return run([x, filter], { attrs }) as tf.Tensor4D;
  }
  const attrs = { ...windowAttrs(stride, "valid"), dilations };
  return tf.tidy(() => run([padImages(x, padding), filter], { attrs }) as tf.Tensor4D);
}
