/** The layers that networks are made of. */
import type { Initializer } from "./variables";
import type { Padding } from "./window";

/** The endpoint that the last layer is given, the mean over all pixels. @see TF-Slim's models/research/slim/nets/resnet_v1.py */
export const GLOBAL_POOL = "global_pool";

/** The endpoint of an auxiliary classifier's logits. @see TF-Slim's models/research/slim/nets/inception_v3.py */
export const AUX_LOGITS = "AuxLogits";

/** What a layer ends with. "gelu" is the exact one, by the error function; "hardSigmoid" is relu6(x + 3) / 6; "swish" is x sigmoid(x). */
export type Activation =
  "none" | "relu" | "relu6" | "swish" | "hardSwish" | "hardSigmoid" | "sigmoid" | "gelu";

/** What convolutions of both kinds have. */
export interface WindowLayer {
  /** Scope of its variables and name of its endpoint, e.g. "resnet_v1_50/conv1". */
  readonly scope: string;
  /** The kernel's side, or its height and width. @default 1 */
  readonly kernel?: number | readonly [height: number, width: number];
  /** @default 1 */
  readonly stride?: number;
  /** Rate of an atrous convolution. @default 1 */
  readonly rate?: number;
  /** @default "fixed": by the kernel alone, as TF-Slim's conv2d_same */
  readonly padding?: Padding;
  /** Batch normalization, "unscaled" without gamma, as slim.batch_norm does by default; or false: biases. @default true */
  readonly normalize?: boolean | "unscaled";
  /** Whether there are biases where there is no normalization. @default true */
  readonly biases?: boolean;
  /** @default "relu" */
  readonly activation?: Activation;
  /** Name of its endpoint; null for none. @default its scope */
  readonly endpoint?: string | null;
  /** Whether weight decay pulls at its weights. @default true; of depthwise ones false, as in TF-Slim's MobileNets */
  readonly regularized?: boolean;
  /** How its weights begin. @default "scaledNormal"; of depthwise ones { truncatedNormal: 0.09 } */
  readonly initializer?: Initializer;
  /** How its biases begin. @default "zeros" */
  readonly biasesInitializer?: Initializer;
}

/** A convolution with what follows it. */
export interface ConvolutionLayer extends WindowLayer {
  /** Output channels. */
  readonly depth: number;
  /** What its weights are called in its scope. @default "weights" */
  readonly weights?: "weights" | "pointwise_weights";
  /** Whether its weights are [inputs, outputs], as slim.fully_connected's, which the kernel is 1 for. @default false */
  readonly isDense?: boolean;
  /** Whether weight decay pulls at its biases too. @default false */
  readonly regularizedBiases?: boolean;
}

/** A convolution of each channel by itself, with what follows it. */
export interface DepthwiseLayer extends WindowLayer {
  /** Output channels for each channel. @default 1 */
  readonly multiplier?: number;
}

/** A batch normalization without a convolution before it. */
export interface BatchNormLayer {
  /** @default "relu" */
  readonly activation?: Activation;
  /** Whether it has gamma. @default true */
  readonly isScaled?: boolean;
}

/** A window that moves over an image, of which the maximum or the mean is taken. */
export interface PoolLayer {
  /** "blur" is the binomial mean of 3 x 3 pixels, padded by one that is mirrored. @see blurPool() */
  readonly kind: "max" | "average" | "blur";
  /** The window's side. */
  readonly size: number;
  /** @default 1 */
  readonly stride?: number;
  /** @default "same" */
  readonly padding?: Padding;
  /**
   * Whether the pixels that padding adds count, as zeros: in means, as torch's do by default, and TensorFlow's never; in maxima, as
   * where Keras pads before it pools.
   * @default false
   */
  readonly countsPadding?: boolean;
}

/** Numbers that are dropped in training. */
export interface DropoutLayer {
  /** What its draw is made of, with the seed. */
  readonly scope: string;
  /** The share that is kept, and divided by this share: 0 … 1, but not 0. */
  readonly keepProb: number;
  /** Whether whole images are dropped, as of a residual (stochastic depth). @default false: single numbers */
  readonly wholeImages?: boolean;
}

/**
 * What a network can do with a value X. The network is written once against this interface: where X is a tensor it computes
 * (computedLayers), where X is a shape it declares its variables and endpoints (declareNetwork), where X is a field of view it tells
 * what is seen (fieldOfView), and PartLayers run a part of it.
 */
export interface Layers<X> {
  /** Number of channels. */
  channels(x: X): number;
  /** Height and width. */
  sides(x: X): readonly [height: number, width: number];
  /** Convolution, normalization or biases, activation; an endpoint by its scope. */
  convolution(x: X, layer: ConvolutionLayer): X;
  /** The same of each channel by itself. */
  depthwise(x: X, layer: DepthwiseLayer): X;
  /** Batch normalization and ReLU, without a convolution before them. */
  batchNorm(x: X, scope: string, layer?: BatchNormLayer): X;
  /** Normalization of each pixel over its channels, with gamma and beta. */
  layerNorm(x: X, scope: string, layer: { readonly epsilon: number }): X;
  /** Each channel times a number of its own, the variable `${scope}/gamma`, which begins as `initial`. */
  channelScale(x: X, scope: string, layer: { readonly initial: number }): X;
  activation(x: X, kind: Activation): X;
  pool(x: X, layer: PoolLayer): X;
  /** Every `factor`th pixel. */
  subsample(x: X, factor: number): X;
  /** shortcut + residual. */
  join(shortcut: X, residual: X, options: { readonly rectify: boolean }): X;
  /** x + factor * y: a residual of which less is added. */
  addScaled(x: X, y: X, factor: number): X;
  /** x times gates, [batch, 1, 1, channels], such as a squeeze and excitation gives. */
  gate(x: X, gates: X): X;
  /** One after the other along the channels. */
  concat(parts: readonly X[]): X;
  /** The mean over all pixels, [batch, 1, 1, channels]. */
  globalPool(x: X): X;
  /** Means over `size` x `size` parts of the image, which overlap where its sides are no multiples, as torch's AdaptiveAvgPool2d. */
  adaptivePool(x: X, size: number): X;
  dropout(x: X, layer: DropoutLayer): X;
  /** Probabilities over the last dimension. */
  softmax(x: X): X;
  /** A part of the network of which later layers take the result alone; endpoints may lie within. */
  unit<T extends X | undefined>(work: () => T): T;
  /** Names a value; gives what the network goes on with. */
  endpoint(name: string, x: X): X;
}

/** The variables of a layer by their places in its scope. */
export const layerNames = {
  weights: (scope: string, weights = "weights") => `${scope}/${weights}`,
  depthwiseWeights: (scope: string) => `${scope}/depthwise_weights`,
  biases: (scope: string) => `${scope}/biases`,
  norm: (scope: string) => `${scope}/BatchNorm`,
  gamma: (scope: string) => `${scope}/gamma`,
  beta: (scope: string) => `${scope}/beta`,
  movingMean: (scope: string) => `${scope}/moving_mean`,
  movingVariance: (scope: string) => `${scope}/moving_variance`,
} as const;
