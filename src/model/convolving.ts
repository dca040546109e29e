/** Convolutions computed, with normalization or biases and what follows them. */
import {
  addBiases,
  convolve,
  depthwiseConvolve,
  foldBatchNorm,
  tf,
  type ConvolveOptions,
} from "../tensorflow";
import type { Activate } from "./activate";
import type { RunOptions } from "./runoptions";
import { layerNames, type ConvolutionLayer, type DepthwiseLayer, type WindowLayer } from "./layers";
import type { FixedNorms, Normalize } from "./normalizing";
import type { ModelVariables } from "./variables";
import { windowPadding } from "./window";

/** What convolutions of a network share. */
export interface Convolving {
  readonly variables: ModelVariables;
  readonly fixedNorm: FixedNorms;
  readonly activate: Activate;
  readonly normalize: Normalize;
}

/** The convolutions of a network. */
export interface Convolved {
  /** All channels together. */
  whole(x: tf.Tensor4D, layer: ConvolutionLayer): tf.Tensor4D;
  /** Each channel by itself. */
  depthwise(x: tf.Tensor4D, layer: DepthwiseLayer): tf.Tensor4D;
}

type Convolution = (x: tf.Tensor4D, weights: tf.Tensor, options: ConvolveOptions) => tf.Tensor4D;

/** Those on a network's variables. */
export function convolving(shared: Convolving, options: RunOptions): Convolved {
  const { variables } = shared;
  const run = finishing(shared, options);
  const own = options.isTraining ?? false;
  return {
    whole: (x, layer) => {
      const variable = variables.expect(layerNames.weights(layer.scope, layer.weights));
      const weights = layer.isDense === true ? variable.expandDims(0).expandDims(0) : variable;
      return run(x, layer, { weights, convolution: convolve, own, fold: foldBatchNorm });
    },
    depthwise: (x, layer) => {
      const weights = variables.expect(layerNames.depthwiseWeights(layer.scope));
      return run(x, layer, { weights, convolution: depthwiseConvolve, own, fold: foldDepthwise });
    },
  };
}

interface Weighted {
  readonly weights: tf.Tensor;
  readonly convolution: Convolution;
  readonly own: boolean;
  readonly fold: typeof foldBatchNorm;
}

function finishing(
  { variables, fixedNorm, activate, normalize }: Convolving,
  { onBiased }: RunOptions,
): (x: tf.Tensor4D, layer: WindowLayer, by: Weighted) => tf.Tensor4D {
  return (x, layer, { weights, convolution, own, fold }) => {
    const { scope, stride = 1, rate = 1, normalize: norm = true, biases = true, activation = "relu" } = layer;
    const how = { stride, rate, padding: windowPadding(layer), own };
    const biased = (linear: tf.Tensor4D, by: tf.Tensor): tf.Tensor4D => {
      const sum = addBiases(linear, by);
      return activate(onBiased === undefined ? sum : onBiased(scope, sum, by), activation);
    };
    if (norm === false) {
      const linear = convolution(x, weights, how);
      return biases
        ? biased(linear, variables.expect(layerNames.biases(scope)))
        : activate(linear, activation);
    }
    const isScaled = norm === true;
    const fixed = fixedNorm(layerNames.norm(scope), isScaled);
    if (fixed === undefined)
      return normalize(convolution(x, weights, how), layerNames.norm(scope), { activation, isScaled });
    const folded = fold(weights, ...fixed);
    return biased(convolution(x, folded.weights, how), folded.biases);
  };
}

/** Of a depthwise convolution, whose last two dimensions are channels and what each of them becomes. */
const foldDepthwise: typeof foldBatchNorm = (weights, ...fixed) =>
  tf.tidy(() => {
    const [, , channels = 1, multiplier = 1] = weights.shape;
    const folded = foldBatchNorm(
      weights.reshape([...weights.shape.slice(0, 2), 1, channels * multiplier]),
      ...fixed,
    );
    return { weights: folded.weights.reshape(weights.shape), biases: folded.biases };
  });
