import { attr } from "../runtime/attributes";
import { executeOne } from "../trace/execute";
import { recordedPrecision } from "../trace/precision";
import { device, type tf } from "../runtime/runtime";
import { differentiable } from "./kernel";

const MIN_CHANNELS = 64;

/**
 * Whether winogradConvolve() is there for a convolution and faster than TensorFlow's own: on CPUs, from 64 channels on, and not in
 * bfloat16, whose products processors have instructions for.
 */
export function isForWinograd(x: tf.Tensor4D, filter: tf.Tensor): boolean {
  const [height, width, channels = 0, outputs = 0] = filter.shape;
  const isDeep = Math.min(channels, outputs) >= MIN_CHANNELS;
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
 * A 3 x 3 convolution of stride 1 with "same" padding by Winograd's algorithm F(2 x 2, 3 x 3): 16 products of matrices, which
 * take 4 multiplications for each 9. Its sums are rounded in another order: the difference is that of float32.
 *
 * It is made of operations of the addon that exist nowhere else: not for what is to be exported.
 * @param x       float32 [batch, height, width, channels]
 * @param filter  float32 [3, 3, channels, output channels]
 * @returns       float32 [batch, height, width, output channels]
 * @see Lavin and Gray 2015 (arXiv 1509.09308)
 */
export function winogradConvolve(x: tf.Tensor4D, filter: tf.Tensor): tf.Tensor4D {
  const spread = spreadPatches(x, false);
  const filters = executeOne("SlimlabWinogradFilter", [filter]);
  const y = run([x, filter, spread, filters], {}) as tf.Tensor4D;
  spread.dispose();
  filters.dispose();
  return y;
}

/** The gradients of x and filter are the same kind of products; those that were made of them have none. */
const run = differentiable({
  name: "WinogradConvolution",
  saves: [2, 3],
  compute: ([x, , spread, filters]) =>
    gather(product(spread as tf.Tensor, filters as tf.Tensor), x as tf.Tensor, false),
  differentiate: (dy, saved) => {
    const [spread, filters] = saved as [tf.Tensor, tf.Tensor];
    return [
      () => gather(product(spreadPatches(dy, true), filters, { adj_y: true }), dy, true),
      () => {
        const slopes = executeOne("SlimlabWinogradSpread", [dy], spreadAttrs(false, false));
        return executeOne("SlimlabWinogradFilterGrad", [product(spread, slopes, { adj_x: true })]);
      },
    ];
  },
});

/** @param reversed  whether it is for the filter turned by 180 degrees: a gradient's */
function spreadPatches(x: tf.Tensor, reversed: boolean): tf.Tensor {
  return executeOne("SlimlabWinogradSpread", [x], spreadAttrs(true, reversed));
}

function spreadAttrs(patches: boolean, reversed: boolean): Parameters<typeof executeOne>[2] {
  return { patches: attr.bool(patches), reversed: attr.bool(reversed) };
}

function gather(products: tf.Tensor, like: tf.Tensor, reversed: boolean): tf.Tensor {
  return executeOne("SlimlabWinogradGather", [products, like], { reversed: attr.bool(reversed) });
}

function product(a: tf.Tensor, b: tf.Tensor, turned: { adj_x?: boolean; adj_y?: boolean } = {}): tf.Tensor {
  const { adj_x = false, adj_y = false } = turned;
  const attrs = { T: attr.type("float32"), adj_x: attr.bool(adj_x), adj_y: attr.bool(adj_y) };
  return executeOne("BatchMatMulV2", [a, b], attrs);
}
