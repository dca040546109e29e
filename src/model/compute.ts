import {
  convolve,
  frozenBatchNorm,
  fusedBatchNorm,
  globalMean,
  maximumPool,
  relu,
  tf,
  type NormalizedBatch,
} from "../tensorflow";
import { fixedPadding, layerNames, type ConvolutionLayer, type Layers } from "./layers";
import type { ModelVariables } from "./variables";

/** A new value for a moving statistic: TF-Slim's UPDATE_OPS as values. */
export type MovingUpdate = {
  /** Not enumerable, so that tf.dispose(predictions) leaves it alone. */
  readonly variable: tf.Variable;
  readonly value: tf.Tensor;
};

/** How a network is run. */
export interface RunOptions {
  /** Whether batch normalization uses the batch's own moments. @default false */
  readonly isTraining?: boolean;
  /**
   * Tells whether a variable is frozen, by its TF-Slim name. A frozen layer normalizes by its moving statistics and gives no
   * updates, in training too.
   * @default nothing is frozen
   */
  readonly frozen?: (variableName: string) => boolean;
  /** Sees each endpoint before the next layer does; what it returns takes the endpoint's place. @default none */
  readonly onEndpoint?: (name: string, activation: tf.Tensor4D) => tf.Tensor4D;
  /** Decay of the moving statistics. @default 0.997 (TF-Slim resnet_arg_scope) */
  readonly batchNormDecay?: number;
  /** Added to variances. @default 1e-5 (TF-Slim resnet_arg_scope) */
  readonly batchNormEpsilon?: number;
}

/** Layers that compute, with what they leave behind. */
export interface ComputedLayers extends Layers<tf.Tensor4D> {
  readonly endpoints: Record<string, tf.Tensor4D>;
  readonly updates: MovingUpdate[];
}

/** Layers on tensors; every variable must exist. */
export function computedLayers(variables: ModelVariables, options: RunOptions = {}): ComputedLayers {
  const { onEndpoint, isTraining = false } = options;
  const endpoints: Record<string, tf.Tensor4D> = {};
  const updates: MovingUpdate[] = [];
  const joins = new WeakMap<tf.Tensor, NormalizedBatch["joinedTo"]>(); // by the normalized residual
  const normalize = batchNormalization(variables, updates, joins, options);

  const endpoint = (name: string, x: tf.Tensor4D): tf.Tensor4D =>
    (endpoints[name] = onEndpoint === undefined ? x : onEndpoint(name, x));

  const convolution = (x: tf.Tensor4D, layer: ConvolutionLayer): tf.Tensor4D => {
    const { scope, kernel = 1, stride = 1, rate = 1, normalize: hasNorm = true } = layer;
    const { rectify = true } = layer;
    const weights = variables.expect(layerNames.weights(scope));
    const padding = stride === 1 || kernel === 1 ? "same" : fixedPadding(kernel, rate);
    const linear = convolve(x, weights, { stride, rate, padding, winograd: isTraining });
    if (hasNorm) return endpoint(scope, normalize(linear, layerNames.norm(scope), rectify));
    const biased = tf.add<tf.Tensor4D>(linear, variables.expect(layerNames.biases(scope)));
    return endpoint(scope, rectify ? relu(biased) : biased);
  };

  return {
    endpoints,
    updates,
    endpoint,
    convolution,
    channels: (x) => x.shape[3],
    batchNorm: (x, scope) => normalize(x, scope, true),
    rootPool: (x, padding) => maximumPool(x, 3, { stride: 2, padding: padding === "same" ? "same" : [1, 1] }),
    subsample: (x, factor) => (factor === 1 ? x : maximumPool(x, 1, { stride: factor, padding: "same" })),
    join: (shortcut, residual, { rectify }) => {
      const joinedTo = rectify ? joins.get(residual) : undefined;
      if (joinedTo !== undefined) return joinedTo(shortcut);
      const sum = tf.add<tf.Tensor4D>(shortcut, residual);
      return rectify ? relu(sum) : sum;
    },
    globalPool: globalMean,
    softmax: (x) => tf.softmax(x),
  };
}

/**
 * Batch normalization of one scope, by the batch's moments or the moving ones, with the ReLU behind it.
 * @param joins  takes down how to join what was normalized by the batch's moments to a shortcut
 */
function batchNormalization(
  variables: ModelVariables,
  updates: MovingUpdate[],
  joins: WeakMap<tf.Tensor, NormalizedBatch["joinedTo"]>,
  options: RunOptions,
): (x: tf.Tensor4D, scope: string, rectify: boolean) => tf.Tensor4D {
  const { isTraining = false, frozen = () => false } = options;
  const { batchNormDecay = 0.997, batchNormEpsilon = 1e-5 } = options;
  return (x, scope, rectify) => {
    const gamma = variables.expect(layerNames.gamma(scope));
    const beta = variables.expect(layerNames.beta(scope));
    const movingMean = variables.expect(layerNames.movingMean(scope));
    const movingVariance = variables.expect(layerNames.movingVariance(scope));
    const epsilon = { epsilon: batchNormEpsilon };
    if (!isTraining || frozen(layerNames.gamma(scope))) {
      const scaled = frozenBatchNorm(x, gamma, beta, movingMean, movingVariance, epsilon);
      return rectify ? relu(scaled) : scaled;
    }
    expectSpread(x, scope);
    const normalized = fusedBatchNorm(x, gamma, beta, { ...epsilon, rectify });
    const { y, batchMean, batchVariance, joinedTo } = normalized;
    if (!rectify) joins.set(y, joinedTo);
    updates.push(movingUpdate(movingMean, batchMean, batchNormDecay));
    updates.push(movingUpdate(movingVariance, batchVariance, batchNormDecay));
    return y;
  };
}

/** By its own moments a single value is always 0, whatever the image. */
function expectSpread({ shape: [batch, height, width] }: tf.Tensor4D, scope: string): void {
  if (batch * height * width !== 1) return;
  throw new RangeError(
    `Cannot normalize by a batch's moments: expected more than one value of a channel at "${scope}", got one image of 1 x 1; train with larger batches or images`,
  );
}

function movingUpdate(variable: tf.Variable, batch: tf.Tensor, decay: number): MovingUpdate {
  const value = tf.tidy(() => variable.sub(variable.sub(batch).mul(1 - decay)));
  return Object.defineProperty({ variable, value }, "variable", { enumerable: false });
}
