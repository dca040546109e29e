/** How the values of a source's entry lie, and how they become a variable's. */

/**
 * "same": as TensorFlow lays them out. "pointwise": a matrix as the kernel of a 1 x 1 convolution, or that as a matrix. Of torch
 * "oihw": a convolution's kernel, a matrix as that of a 1 x 1 one; "depthwise": a depthwise one's; "linear": a matrix, outputs first; "chw": a matrix behind flattened
 * activations, whose channels come first; "planes": a number for each channel's plane. Of Keras "grouped": a depthwise kernel as that of
 * a convolution in groups.
 */
export type Layout = "same" | "pointwise" | "oihw" | "depthwise" | "linear" | "chw" | "planes" | "grouped";

/** An entry's values in a variable's terms. */
interface LaidOut {
  /** The shape that the entry has in its file. */
  readonly shape: readonly number[];
  /** The same with as many dimensions as the variable's values have before they are put in their shape. */
  readonly split: readonly number[];
  /** Dimensions of `split` in the variable's order. */
  readonly order: readonly number[];
}

/** How the entry of a variable of that shape lies. */
export function laidOut(layout: Layout, shape: readonly number[]): LaidOut {
  const outputs = shape.at(-1) ?? 1;
  const inputs = shape.slice(0, -1).reduce((product, side) => product * side, 1);
  const [height = 1, width = 1, channels = 1] = shape;
  const plain = (as: readonly number[]): LaidOut => ({ shape: as, split: as, order: as.map((_, i) => i) });
  switch (layout) {
    case "same":
      return plain(shape);
    case "pointwise":
      return plain(shape.length === 2 ? [1, 1, inputs, outputs] : [inputs, outputs]);
    case "planes":
      return { shape: [outputs, 1, 1], split: [outputs], order: [0] };
    case "grouped":
      return { ...plain(shape), shape: [height, width, 1, channels * outputs] };
    case "linear":
      return { shape: [outputs, inputs], split: [outputs, inputs], order: [1, 0] };
    case "oihw": {
      if (shape.length === 2)
        return { shape: [outputs, inputs, 1, 1], split: [outputs, inputs], order: [1, 0] };
      const kernel = [outputs, channels, height, width];
      return { shape: kernel, split: kernel, order: [2, 3, 1, 0] };
    }
    case "depthwise":
      // the last dimension of the variable is what each channel becomes
      return {
        shape: [channels * outputs, 1, height, width],
        split: [channels, outputs, height, width],
        order: [2, 3, 0, 1],
      };
    case "chw":
      return {
        shape: [outputs, inputs],
        split: [outputs, channels, height, width],
        order: [2, 3, 1, 0],
      };
  }
}
