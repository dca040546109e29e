import { attr, type Attrs } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { recordedPrecision } from "../trace/precision";
import { device, type tf } from "../runtime/runtime";
import { differentiable } from "./kernel";

/** Of a filter's inputs and outputs: the fewer, and the more. */
const MIN_CHANNELS = { less: 32, more: 64 } as const;

/** Pixels of zeros that TensorFlow's paddings add on each side for a kernel of 3 x 3. */
const ZEROS = { same: 1, valid: 0 } as const;

/** What winogradConvolve() adds around images: "same" or "valid", as TensorFlow's. */
export type WinogradPadding = keyof typeof ZEROS;

/**
 * Whether winogradConvolve() is there for a convolution and faster than TensorFlow's own: on CPUs, from 32 channels on one side and 64 on the other, and not in
 * bfloat16, whose products processors have instructions for.
 */
export function isForWinograd(x: tf.Tensor4D, filter: tf.Tensor): boolean {
  const [height, width, channels = 0, outputs = 0] = filter.shape;
  const { less, more } = MIN_CHANNELS;
  const isDeep = Math.min(channels, outputs) >= less && Math.max(channels, outputs) >= more;
  return (
    height === 3 &&
    width === 3 &&
    isDeep &&
    x.dtype === "float32" &&
    !device().isGpu &&
    recordedPrecision() === "float32"
  );
}

/**
 * A 3 x 3 convolution of stride 1 by Winograd's algorithm F(2 x 2, 3 x 3): 16 products of matrices, which
 * take 4 multiplications for each 9. Its sums are rounded in another order: the difference is that of float32.
 *
 * Without padding its tiles begin at the images' corner; the gradient of x is then of slopes with two pixels of zeros around them.
 * It is made of operations of the addon that exist nowhere else: not for what is to be exported.
 * @param x       float32 [batch, height, width, channels]
 * @param filter  float32 [3, 3, channels, output channels]
 * @returns       float32 [batch, height, width, output channels], both sides less 2 if the padding is "valid"
 * @throws {TensorFlowError} INVALID_ARGUMENT if the images are smaller than a filter without padding
 * @see Lavin and Gray 2015 (arXiv 1509.09308)
 */
export function winogradConvolve(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  padding: WinogradPadding = "same",
): tf.Tensor4D {
  const zeros = ZEROS[padding];
  const spread = spreadPatches(x, { isReversed: false, zeros });
  const filters = executeOne("SlimlabWinogradFilter", [filter]);
  const y = run([x, filter, spread, filters], { zeros }) as tf.Tensor4D;
  spread.dispose();
  filters.dispose();
  return y;
}

/** The gradients of x and filter are the same kind of products; those that were made of them have none. */
const run = differentiable<{ zeros: number }>({
  name: "WinogradConvolution",
  saves: [2, 3],
  compute: ([x, , spread, filters], options) => {
    const { zeros } = options as { zeros: number };
    const way = { isReversed: false, zeros };
    return gather(product(spread as tf.Tensor, filters as tf.Tensor), x as tf.Tensor, way);
  },
  differentiate: (dy, saved, options) => {
    const [spread, filters] = saved as [tf.Tensor, tf.Tensor];
    const { zeros } = options as { zeros: number };
    const back = { isReversed: true, zeros: 2 - zeros };
    return [
      () => gather(product(spreadPatches(dy, back), filters, { adj_y: true }), dy, back),
      () => {
        const slopes = executeOne("SlimlabWinogradSpread", [dy], {
          ...wayAttrs(TILES),
          patches: attr.bool(false),
        });
        return executeOne("SlimlabWinogradFilterGrad", [product(spread, slopes, { adj_x: true })]);
      },
    ];
  },
});

/** Which way a filter goes over images. */
interface Way {
  /** Whether it is turned by 180 degrees: a gradient's. */
  readonly isReversed: boolean;
  /** Pixels of zeros around the images. */
  readonly zeros: number;
}

/** Of what is no patch under a filter, but tiles as they are. */
const TILES: Way = { isReversed: false, zeros: 1 };

function wayAttrs({ isReversed, zeros }: Way): Attrs {
  return { reversed: attr.bool(isReversed), padding: attr.int(zeros) };
}

function spreadPatches(x: tf.Tensor, way: Way): tf.Tensor {
  return executeOne("SlimlabWinogradSpread", [x], { ...wayAttrs(way), patches: attr.bool(true) });
}

function gather(products: tf.Tensor, like: tf.Tensor, way: Way): tf.Tensor {
  return executeOne("SlimlabWinogradGather", [products, like], wayAttrs(way));
}

function product(a: tf.Tensor, b: tf.Tensor, turned: { adj_x?: boolean; adj_y?: boolean } = {}): tf.Tensor {
  const { adj_x = false, adj_y = false } = turned;
  const attrs = { T: attr.type("float32"), adj_x: attr.bool(adj_x), adj_y: attr.bool(adj_y) };
  return executeOne("BatchMatMulV2", [a, b], attrs);
}
