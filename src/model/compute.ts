import {
  addBiases,
  convolve,
  foldBatchNorm,
  frozenBatchNorm,
  fusedBatchNorm,
  globalMean,
  maximumPool,
  recomputable,
  relu,
  tf,
  type ConvolveOptions,
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
  /**
   * Tells which endpoints are given back, by name. In inference all else that was computed within a residual unit is freed at its end,
   * so that it takes less memory where nothing is traced.
   * @default all are
   */
  readonly keepEndpoint?: (name: string) => boolean;
  /** What stands for each ReLU in inference, such as guidedRelu() of another gradient. @default relu() */
  readonly rectify?: (x: tf.Tensor4D) => tf.Tensor4D;
  /**
   * Sees what each layer gives before its ReLU, in inference, with the biases that were added, those of batch normalization by moving
   * moments included; what it returns goes on. @default none
   */
  readonly onBiased?: (scope: string, biased: tf.Tensor4D, biases: tf.Tensor) => tf.Tensor4D;
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
  const { onEndpoint, isTraining = false, keepEndpoint, rectify: above = relu } = options;
  const endpoints: Record<string, tf.Tensor4D> = {};
  const updates: MovingUpdate[] = [];
  const joins = new WeakMap<tf.Tensor, NormalizedBatch["joinedTo"]>(); // by the normalized residual
  const fixedNorm = fixedNorms(variables, options);
  const normalize = batchNormalization({ variables, updates, joins, fixedNorm }, options);
  const biased = biasing(options);

  const endpoint = (name: string, x: tf.Tensor4D): tf.Tensor4D => {
    const seen = onEndpoint === undefined ? x : onEndpoint(name, x);
    if (keepEndpoint?.(name) ?? true) endpoints[name] = seen;
    return seen;
  };

  const convolution = (x: tf.Tensor4D, layer: ConvolutionLayer): tf.Tensor4D => {
    const { scope, kernel = 1, stride = 1, rate = 1, normalize: hasNorm = true } = layer;
    const { rectify = true } = layer;
    const weights = variables.expect(layerNames.weights(scope));
    const padding = stride === 1 || kernel === 1 ? "same" : fixedPadding(kernel, rate);
    const how: ConvolveOptions = { stride, rate, padding, winograd: isTraining };
    const fixed = hasNorm ? fixedNorm(layerNames.norm(scope)) : undefined;
    if (fixed !== undefined) {
      const folded = foldBatchNorm(weights, ...fixed);
      return endpoint(scope, biased(layer, convolve(x, folded.weights, how), folded.biases));
    }
    const linear = convolve(x, weights, how);
    if (hasNorm) return endpoint(scope, normalize(linear, layerNames.norm(scope), rectify));
    return endpoint(scope, biased(layer, linear, variables.expect(layerNames.biases(scope))));
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
      return rectify ? above(sum) : sum;
    },
    globalPool: globalMean,
    softmax: (x) => tf.softmax(x),
    unit: (work) =>
      recomputable(() => (keepEndpoint === undefined || isTraining ? work() : freeing(work, endpoints))),
  };
}

/** Adds a layer's biases, lets what comes of it be seen, and rectifies it. */
function biasing({
  onBiased,
  rectify: above = relu,
}: RunOptions): (layer: ConvolutionLayer, x: tf.Tensor4D, biases: tf.Tensor) => tf.Tensor4D {
  return ({ scope, rectify = true }, x, biases) => {
    const sum = addBiases(x, biases);
    const y = onBiased === undefined ? sum : onBiased(scope, sum, biases);
    return rectify ? above(y) : y;
  };
}

/** What is computed; all that was on the way is freed, but endpoints. */
function freeing<T extends tf.Tensor | undefined>(
  work: () => T,
  endpoints: Readonly<Record<string, tf.Tensor>>,
): T {
  const scope = tf.engine();
  scope.startScope("unit");
  const kept: tf.Tensor[] = [];
  try {
    const result = work();
    kept.push(...Object.values(endpoints));
    if (result !== undefined) kept.push(result);
    return result;
  } finally {
    scope.endScope(kept);
  }
}

/** What a batch normalization by given moments needs beside its input. */
type FixedNorm = readonly [
  gamma: tf.Tensor,
  beta: tf.Tensor,
  movingMean: tf.Tensor,
  movingVariance: tf.Tensor,
  options: { readonly epsilon: number },
];

/** Gives that of a scope which normalizes by its moving moments: of all in inference, of frozen ones in training. */
function fixedNorms(
  variables: ModelVariables,
  { isTraining = false, frozen = () => false, batchNormEpsilon: epsilon = 1e-5 }: RunOptions,
): (scope: string) => FixedNorm | undefined {
  return (scope) => {
    if (isTraining && !frozen(layerNames.gamma(scope))) return undefined;
    const { gamma, beta, movingMean, movingVariance } = layerNames;
    const at = (name: (scope: string) => string): tf.Variable => variables.expect(name(scope));
    return [at(gamma), at(beta), at(movingMean), at(movingVariance), { epsilon }];
  };
}

/** What batch normalizations of a network share. */
interface Normalization {
  readonly variables: ModelVariables;
  readonly updates: MovingUpdate[];
  /** Takes down how to join what was normalized by the batch's moments to a shortcut. */
  readonly joins: WeakMap<tf.Tensor, NormalizedBatch["joinedTo"]>;
  readonly fixedNorm: ReturnType<typeof fixedNorms>;
}

/** Batch normalization of one scope, by the batch's moments or the moving ones, with the ReLU behind it. */
function batchNormalization(
  { variables, updates, joins, fixedNorm }: Normalization,
  options: RunOptions,
): (x: tf.Tensor4D, scope: string, rectify: boolean) => tf.Tensor4D {
  const { batchNormDecay = 0.997, batchNormEpsilon: epsilon = 1e-5 } = options;
  const { rectify: above = relu, onBiased } = options;
  return (x, scope, rectify) => {
    const fixed = fixedNorm(scope);
    if (fixed !== undefined) {
      const scaled = frozenBatchNorm(x, ...fixed);
      const y =
        onBiased === undefined ? scaled : onBiased(scope, scaled, foldBatchNorm(fixed[0], ...fixed).biases);
      return rectify ? above(y) : y;
    }
    expectSpread(x, scope);
    const gamma = variables.expect(layerNames.gamma(scope));
    const beta = variables.expect(layerNames.beta(scope));
    const { y, batchMean, batchVariance, joinedTo } = fusedBatchNorm(x, gamma, beta, { epsilon, rectify });
    if (!rectify) joins.set(y, joinedTo);
    const update = (name: string, moment: tf.Tensor): void =>
      void updates.push(movingUpdate(variables.expect(name), moment, batchNormDecay));
    update(layerNames.movingMean(scope), batchMean);
    update(layerNames.movingVariance(scope), batchVariance);
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
