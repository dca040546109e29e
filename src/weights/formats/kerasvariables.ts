/** The names of the variables of Keras' layers, for files that only number them. */

/** A variable, and which option of its layer leaves it out. */
interface Variable {
  readonly name: string;
  readonly option?: string;
}

const KERNEL: readonly Variable[] = [{ name: "kernel" }, { name: "bias", option: "use_bias" }];
const SEPARABLE: readonly Variable[] = [
  { name: "depthwise_kernel" },
  { name: "pointwise_kernel" },
  { name: "bias", option: "use_bias" },
];
const SCALED: readonly Variable[] = [
  { name: "gamma", option: "scale" },
  { name: "beta", option: "center" },
];

/**
 * The variables of each kind of layer, in the order in which save_own_variables() numbers them: first the trained ones. A kind is
 * the layer's class in snake case.
 * @see keras 3.15.1: layers/layer.py; layers/convolutional/base_conv.py, base_conv_transpose.py, base_depthwise_conv.py,
 *   base_separable_conv.py; layers/core/dense.py, einsum_dense.py, embedding.py; layers/normalization/*.py;
 *   layers/activations/prelu.py; applications/convnext.py
 */
const VARIABLES: Readonly<Record<string, readonly Variable[]>> = {
  conv1d: KERNEL,
  conv2d: KERNEL,
  conv3d: KERNEL,
  conv1d_transpose: KERNEL,
  conv2d_transpose: KERNEL,
  conv3d_transpose: KERNEL,
  depthwise_conv1d: KERNEL,
  depthwise_conv2d: KERNEL,
  separable_conv1d: SEPARABLE,
  separable_conv2d: SEPARABLE,
  dense: KERNEL,
  einsum_dense: [{ name: "kernel" }, { name: "bias", option: "bias_axes" }],
  embedding: [{ name: "embeddings" }],
  batch_normalization: [...SCALED, { name: "moving_mean" }, { name: "moving_variance" }],
  layer_normalization: SCALED,
  group_normalization: SCALED,
  rms_normalization: [{ name: "scale" }],
  normalization: [{ name: "mean" }, { name: "variance" }, { name: "count" }],
  p_re_lu: [{ name: "alpha" }],
  layer_scale: [{ name: "gamma" }],
};

/** The kinds that kerasVariables() knows. */
export const KERAS_KINDS: ReadonlySet<string> = new Set(Object.keys(VARIABLES));

/**
 * The names of a layer's variables by their numbers.
 * @param kind    the layer's class in snake case, e.g. "conv2d"
 * @param count   how many variables it has
 * @param options  its configuration, where there is one
 * @returns names; "gamma_or_beta", where one of the two is there and nothing tells which; numbers, where the kind is not known
 *   or has another count of variables
 */
export function kerasVariables(
  kind: string,
  count: number,
  options?: Readonly<Record<string, unknown>>,
): string[] {
  const all = VARIABLES[kind] ?? [];
  const given = all.filter(({ option }) => option === undefined || isOn(options?.[option]));
  const needed = all.filter(({ option }) => option === undefined);
  const optional = all.filter(({ option }) => option !== undefined);
  if (given.length === count) return given.map(({ name }) => name);
  if (options === undefined && needed.length === count) return needed.map(({ name }) => name);
  if (options === undefined && needed.length + 1 === count && optional.length === 2)
    return [optional, ...needed.map((one) => [one])].map((names) =>
      names.map(({ name }) => name).join("_or_"),
    );
  return Array.from({ length: count }, (_, i) => String(i));
}

/** Whether an option has its layer a variable, which is the default of all. */
function isOn(value: unknown): boolean {
  return value !== false && value !== null;
}
