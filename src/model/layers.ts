/** The layers that a residual network is made of. */

/** The endpoint that the last layer is given, the mean over all pixels. @see TF-Slim's models/research/slim/nets/resnet_v1.py */
export const GLOBAL_POOL = "global_pool";

/** A convolution with what follows it. */
export interface ConvolutionLayer {
  /** Scope of its variables and name of its endpoint, e.g. "resnet_v1_50/conv1". */
  readonly scope: string;
  /** Output channels. */
  readonly depth: number;
  /** The kernel's side. @default 1 */
  readonly kernel?: number;
  /** @default 1 */
  readonly stride?: number;
  /** Rate of an atrous convolution. @default 1 */
  readonly rate?: number;
  /** Batch normalization, or biases where there is none. @default true */
  readonly normalize?: boolean;
  /** Whether a ReLU ends it. @default true */
  readonly rectify?: boolean;
}

/**
 * What a network can do with a value X. The network is written once against this interface: where X is a tensor it computes
 * (computedLayers), where X is a shape it declares its variables and endpoints (declareNetwork).
 */
export interface Layers<X> {
  /** Number of channels. */
  channels(x: X): number;
  /** Convolution with padding fixed by the kernel alone, normalization or biases, ReLU; an endpoint by its scope. */
  convolution(x: X, layer: ConvolutionLayer): X;
  /** Batch normalization and ReLU, without a convolution before them. */
  batchNorm(x: X, scope: string): X;
  /** The root's 3 x 3 maximum with stride 2; "centred" pads one pixel on each side, "same" as TensorFlow does. */
  rootPool(x: X, padding: "same" | "centred"): X;
  /** Every `factor`th pixel. */
  subsample(x: X, factor: number): X;
  /** shortcut + residual. */
  join(shortcut: X, residual: X, options: { readonly rectify: boolean }): X;
  /** The mean over all pixels, [batch, 1, 1, channels]. */
  globalPool(x: X): X;
  /** Probabilities over the last dimension. */
  softmax(x: X): X;
  /** A part of the network of which later layers take the result alone; endpoints may lie within. */
  unit<T extends X | undefined>(work: () => T): T;
  /** Names a value; gives what the network goes on with. */
  endpoint(name: string, x: X): X;
}

/** Pixels that TF-Slim's conv2d_same adds before and after, whatever the input's size. */
export function fixedPadding(kernel: number, rate: number): readonly [number, number] {
  const total = (kernel - 1) * rate;
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** The variables of a convolution, and of a batch normalization, by their places in the scope. */
export const layerNames = {
  weights: (scope: string) => `${scope}/weights`,
  biases: (scope: string) => `${scope}/biases`,
  norm: (scope: string) => `${scope}/BatchNorm`,
  gamma: (scope: string) => `${scope}/gamma`,
  beta: (scope: string) => `${scope}/beta`,
  movingMean: (scope: string) => `${scope}/moving_mean`,
  movingVariance: (scope: string) => `${scope}/moving_variance`,
} as const;
