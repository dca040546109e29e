import { attr, type Attrs } from "../attributes";
import { executeOne } from "../execute";
import { tf } from "../runtime";
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
  /** Whether Winograd's algorithm may be used where it is faster; see winogradConvolve(). @default false */
  readonly winograd?: boolean;
}

/** The attributes of an operation with a moving window. */
export function windowAttrs({ stride = 1, padding = "same" }: WindowOptions): Attrs {
  const common = { T: attr.type("float32"), strides: attr.ints([1, stride, stride, 1]) };
  if (typeof padding === "string") return { ...common, padding: attr.string(padding.toUpperCase()) };
  const pads = attr.ints([0, 0, ...padding, ...padding, 0, 0]);
  return { ...common, padding: attr.string("EXPLICIT"), explicit_paddings: pads };
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
  const { rate = 1, stride = 1, padding = "same", winograd = false } = options;
  if (winograd && rate === 1 && stride === 1 && padding === "same" && isForWinograd(x, filter))
    return winogradConvolve(x, filter);
  const dilations = attr.ints([1, rate, rate, 1]);
  const [height, width] = filter.shape;
  const isPointwise = height === 1 && width === 1 && stride === 1;
  if (typeof padding === "string") {
    const attrs = { ...windowAttrs(options), dilations };
    return run([x, filter], { attrs, isPointwise }) as tf.Tensor4D;
  }
  // Padded first: TensorFlow's CPU kernels for the gradient of explicit padding are its slow ones.
  const pads: [number, number] = [...padding];
  const attrs = { ...windowAttrs({ stride, padding: "valid" }), dilations };
  return tf.tidy(() => {
    const padded = tf.pad4d(x, [[0, 0], pads, pads, [0, 0]]);
    return run([padded, filter], { attrs, isPointwise: false }) as tf.Tensor4D;
  });
}
