import { attr, type Attrs } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { tf } from "../runtime/runtime";
import { differentiable } from "./kernel";
import { dynamicReshape, dynamicShape } from "./shape";
import { isForWinograd, winogradConvolve } from "./winograd";

/** How a window moves over an image. */
export interface WindowOptions {
  /** Step in pixels, both ways. @default 1 */
  readonly stride?: number;
  /**
   * "same" and "valid" are TensorFlow's; [before, after] adds that many pixels (zeros; for a maximum, nothing) at the top and left,
   * bottom and right.
   * @default "same"
   */
  readonly padding?: "same" | "valid" | readonly [before: number, after: number];
}

/** Options of convolve(). */
export interface ConvolveOptions extends WindowOptions {
  /**
   * Distance of the pixels under neighbouring weights: the rate of an atrous convolution. Above 1 the gradient needs a GPU, or a CPU
   * for which TensorFlow uses oneDNN.
   * @default 1
   */
  readonly rate?: number;
  /**
   * Whether operations of the addon may be used where they are faster: not for what is to be exported. See winogradConvolve().
   * @default false
   */
  readonly own?: boolean;
}

/** The attributes of an operation with a moving window. */
export function windowAttrs(stride: number, padding: "same" | "valid"): Attrs {
  return {
    T: attr.type("float32"),
    strides: attr.ints([1, stride, stride, 1]),
    padding: attr.string(padding.toUpperCase()),
  };
}

/**
 * Images with so many pixels of one value added at the top and left, bottom and right.
 *
 * Windows over them are "valid" ones: of TensorFlow's kernels for padding given in numbers those of gradients are slow on the CPU
 * (a maximum's 4 times), and its converter to TFLite refuses that of a maximum.
 */
export function padImages(
  images: tf.Tensor4D,
  [before, after]: readonly [before: number, after: number],
  value = 0,
): tf.Tensor4D {
  const pads: [number, number] = [before, after];
  return tf.pad4d(images, [[0, 0], pads, pads, [0, 0]], value);
}

interface ConvolutionAttrs {
  readonly attrs: Attrs;
  /** Whether the kernel is 1 x 1 and meets every pixel. */
  readonly isPointwise: boolean;
}

const run = differentiable<ConvolutionAttrs>({
  name: "Conv2D",
  saves: [0, 1],
  compute: (inputs, options) => executeOne("Conv2D", inputs, (options as ConvolutionAttrs).attrs),
  differentiate: (dy, saved, options) => {
    const { attrs, isPointwise } = options as ConvolutionAttrs;
    const [x, filter] = saved as [tf.Tensor, tf.Tensor];
    return [
      () => executeOne("Conv2DBackpropInput", [dynamicShape(x), filter, dy], attrs),
      () =>
        isPointwise
          ? pointwiseFilterGradient(x, filter, dy)
          : executeOne("Conv2DBackpropFilter", [x, dynamicShape(filter), dy], attrs),
    ];
  },
});

/** Of a 1 x 1 convolution it is a matrix product over all pixels, which CPUs do faster than the gradient's own kernel. */
function pointwiseFilterGradient(x: tf.Tensor, filter: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const [, , channels = 0, outputs = 0] = filter.shape;
  const pixels = dynamicReshape(x, tf.tensor1d([-1, channels], "int32"));
  const slopes = dynamicReshape(dy, tf.tensor1d([-1, outputs], "int32"));
  const attrs = { T: attr.type("float32"), transpose_a: attr.bool(true), transpose_b: attr.bool(false) };
  return dynamicReshape(executeOne("MatMul", [pixels, slopes], attrs), dynamicShape(filter));
}

/**
 * A two-dimensional convolution whose padding may be given in pixels; gradients reach x and filter.
 * @param x       float32 [batch, height, width, channels]
 * @param filter  float32 [kernel height, kernel width, channels, output channels]
 * @returns       float32 [batch, new height, new width, output channels]
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shapes do not fit
 * @see tf.nn.conv2d
 */
export function convolve(x: tf.Tensor4D, filter: tf.Tensor, options: ConvolveOptions = {}): tf.Tensor4D {
  const { rate = 1, stride = 1, padding = "same", own = false } = options;
  if (own && rate === 1 && stride === 1 && typeof padding === "string" && isForWinograd(x, filter))
    return winogradConvolve(x, filter, padding);
  const dilations = attr.ints([1, rate, rate, 1]);
  const [height, width] = filter.shape;
  const isPointwise = height === 1 && width === 1 && stride === 1;
  if (typeof padding === "string") {
    const attrs = { ...windowAttrs(stride, padding), dilations };
    return run([x, filter], { attrs, isPointwise }) as tf.Tensor4D;
  }
  const attrs = { ...windowAttrs(stride, "valid"), dilations };
  return tf.tidy(() => run([padImages(x, padding), filter], { attrs, isPointwise: false }) as tf.Tensor4D);
}
