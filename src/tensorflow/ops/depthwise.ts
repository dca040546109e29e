/** Convolutions of each channel by itself. */
import { attr, type Attrs } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { device, tf } from "../runtime/runtime";
import { padImages, windowAttrs, type ConvolveOptions } from "./convolution";
import { differentiable } from "./kernel";
import { dynamicShape } from "./shape";

/** What the addon's operations are told: how a kernel moves, and pixels of zeros at the top and left, at the bottom and right. */
interface OwnAttrs {
  readonly stride: number;
  readonly before: number;
  readonly after: number;
}

interface DepthwiseAttrs {
  readonly attrs: Attrs;
  /** The addon's attributes, where it has operations for such a convolution. */
  readonly own?: Attrs | undefined;
  /** Whether the addon's also computes the result, not its gradients alone. */
  readonly isOwn: boolean;
}

const run = differentiable<DepthwiseAttrs>({
  name: "DepthwiseConv2D",
  saves: [0, 1],
  compute: (inputs, options) => {
    const { attrs, own, isOwn } = options as DepthwiseAttrs;
    return isOwn && own !== undefined
      ? executeOne("SlimlabDepthwise", inputs, own)
      : executeOne("DepthwiseConv2dNative", inputs, attrs);
  },
  differentiate: (dy, saved, options) => {
    const { attrs, own } = options as DepthwiseAttrs;
    const [x, filter] = saved as [tf.Tensor, tf.Tensor];
    if (own !== undefined)
      return [
        () => executeOne("SlimlabDepthwiseInputGrad", [dynamicShape(x), filter, dy], own),
        () => executeOne("SlimlabDepthwiseFilterGrad", [x, filter, dy], own),
      ];
    return [
      () => executeOne("DepthwiseConv2dNativeBackpropInput", [dynamicShape(x), filter, dy], attrs),
      () => executeOne("DepthwiseConv2dNativeBackpropFilter", [x, dynamicShape(filter), dy], attrs),
    ];
  },
});

const WIDTHS = [3, 5, 7];

/** What the addon is told of a convolution; undefined if it has no operations for it: on CPUs, of square kernels of some widths. */
function ownAttrs(
  { shape: [, height, width] }: tf.Tensor4D,
  { shape: [size = 0, wide = 0, , multiplier] }: tf.Tensor,
  { stride = 1, padding = "same", rate = 1 }: ConvolveOptions,
): OwnAttrs | undefined {
  if (device().isGpu || rate !== 1 || multiplier !== 1 || size !== wide || !WIDTHS.includes(size))
    return undefined;
  if (padding === "valid") return { stride, before: 0, after: 0 };
  if (padding !== "same") return { stride, before: padding[0], after: padding[1] };
  const [total, other] = [height, width].map((side) =>
    Math.max((Math.ceil(side / stride) - 1) * stride + size - side, 0),
  );
  if (total === undefined || total !== other) return undefined;
  return { stride, before: Math.floor(total / 2), after: total - Math.floor(total / 2) };
}

/**
 * A convolution of each channel by kernels of its own; gradients reach x and filter, on CPUs by operations of the addon mostly.
 * @param x       float32 [batch, height, width, channels]
 * @param filter  float32 [kernel height, kernel width, channels, multiplier]
 * @returns       float32 [batch, new height, new width, channels * multiplier]
 * @throws {TensorFlowError} INVALID_ARGUMENT if the shapes do not fit
 * @see tf.nn.depthwise_conv2d
 */
export function depthwiseConvolve(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  options: ConvolveOptions = {},
): tf.Tensor4D {
  const { rate = 1, stride = 1, padding = "same", own: isOwn = false } = options;
  const dilations = attr.ints([1, rate, rate, 1]);
  const told = ownAttrs(x, filter, options);
  const own = told && {
    stride: attr.int(told.stride),
    before: attr.int(told.before),
    after: attr.int(told.after),
  };
  const how = { own, isOwn };
  if (typeof padding === "string")
    return run([x, filter], { attrs: { ...windowAttrs(stride, padding), dilations }, ...how }) as tf.Tensor4D;
  const attrs = { ...windowAttrs(stride, "valid"), dilations };
  if (isOwn && own !== undefined) return run([x, filter], { attrs, ...how }) as tf.Tensor4D;
  return tf.tidy(() => run([padImages(x, padding), filter], { attrs, isOwn: false }) as tf.Tensor4D);
}
