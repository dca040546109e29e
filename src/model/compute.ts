/** A network's layers on tensors. */
import {
  adaptiveMean,
  averagePool,
  blurPool,
  globalMean,
  layerNorm,
  maximumPool,
  padImages,
  random,
  recomputable,
  tf,
  type NormalizedBatch,
} from "../tensorflow";
import { activations, type Activate } from "./activate";
import { convolving } from "./convolving";
import { hash } from "./hash";
import {
  AUX_LOGITS,
  layerNames,
  type DropoutLayer,
  type Layers,
  type PoolLayer,
  type WindowLayer,
} from "./layers";
import { batchNormalization, fixedNorms } from "./normalizing";
import type { MovingUpdate, RunOptions } from "./runoptions";
import type { ModelVariables } from "./variables";
import { windowPadding } from "./window";

/** Layers that compute, with what they leave behind. */
export interface ComputedLayers extends Layers<tf.Tensor4D> {
  readonly endpoints: Record<string, tf.Tensor4D>;
  readonly updates: MovingUpdate[];
  readonly isTraining: boolean;
  /** The last value of that endpoint, whether it is kept or not. */
  latest(name: typeof AUX_LOGITS): tf.Tensor4D | undefined;
}

/** Layers on tensors; every variable must exist. */
export function computedLayers(variables: ModelVariables, options: RunOptions = {}): ComputedLayers {
  const { onEndpoint, isTraining = false, keepEndpoint } = options;
  const endpoints: Record<string, tf.Tensor4D> = {};
  const updates: MovingUpdate[] = [];
  const joins = new WeakMap<tf.Tensor, NormalizedBatch["joinedTo"]>(); // by the normalized residual
  const fixedNorm = fixedNorms(variables, options);
  const activate = activations(options);
  const normalize = batchNormalization({ variables, updates, joins, fixedNorm, activate }, options);
  const latest = new Map<string, tf.Tensor4D>();

  const endpoint = (name: string, x: tf.Tensor4D): tf.Tensor4D => {
    const seen = onEndpoint === undefined ? x : onEndpoint(name, x);
    if (keepEndpoint?.(name) ?? true) endpoints[name] = seen;
    if (name === AUX_LOGITS) latest.set(name, seen);
    return seen;
  };
  const convolved = convolving({ variables, fixedNorm, activate, normalize }, options);
  const finished = (layer: WindowLayer, x: tf.Tensor4D): tf.Tensor4D => {
    const { scope, endpoint: name = scope } = layer;
    return name === null ? x : endpoint(name, x);
  };

  return {
    ...plainLayers(variables, options, activate),
    endpoints,
    updates,
    isTraining,
    endpoint,
    latest: (name) => latest.get(name),
    convolution: (x, layer) => finished(layer, convolved.whole(x, layer)),
    depthwise: (x, layer) => finished(layer, convolved.depthwise(x, layer)),
    batchNorm: (x, scope, { activation = "relu", isScaled = true } = {}) =>
      normalize(x, scope, { activation, isScaled }),
    join: (shortcut, residual, { rectify }) => {
      const joinedTo = joins.get(residual);
      if (joinedTo !== undefined) return joinedTo(shortcut, rectify ? "relu" : "none");
      const sum = tf.add<tf.Tensor4D>(shortcut, residual);
      return rectify ? activate(sum, "relu") : sum;
    },
    unit: (work) =>
      recomputable(() => (keepEndpoint === undefined || isTraining ? work() : freeing(work, endpoints))),
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

/** Layers without moments, endpoints or a shortcut. */
function plainLayers(
  variables: ModelVariables,
  options: RunOptions,
  activate: Activate,
): Pick<
  Layers<tf.Tensor4D>,
  | "channels"
  | "sides"
  | "layerNorm"
  | "channelScale"
  | "activation"
  | "pool"
  | "subsample"
  | "addScaled"
  | "gate"
  | "concat"
  | "globalPool"
  | "adaptivePool"
  | "dropout"
  | "softmax"
> {
  const { gamma, beta } = layerNames;
  return {
    channels: (x) => x.shape[3],
    sides: ({ shape: [, height, width] }) => [height, width],
    layerNorm: (x, scope, layer) =>
      layerNorm(x, variables.expect(gamma(scope)), variables.expect(beta(scope)), layer),
    channelScale: (x, scope) => tf.mul<tf.Tensor4D>(x, variables.expect(gamma(scope))),
    activation: activate,
    pool: (x, layer) => pooled(x, layer, options),
    subsample: (x, factor) => (factor === 1 ? x : maximumPool(x, 1, { stride: factor, padding: "same" })),
    addScaled: (x, y, factor) => tf.add(x, y.mul<tf.Tensor4D>(factor)),
    gate: (x, gates) => tf.mul(x, gates),
    concat: (parts) => tf.concat([...parts], 3),
    globalPool: globalMean,
    adaptivePool: adaptiveMean,
    dropout: (x, layer) => (options.isTraining === true ? dropped(x, layer, options.seed) : x),
    softmax: (x) => tf.softmax(x),
  };
}

/** What is under a window as it moves: its maximum, or its mean. */
function pooled(
  x: tf.Tensor4D,
  { kind, size, stride = 1, padding: added = "same", countsPadding = false }: PoolLayer,
  options: RunOptions,
): tf.Tensor4D {
  if (kind === "blur") return blurPool(x, { stride, own: options.isTraining ?? false });
  const pads = windowPadding({ kernel: size, stride, padding: added }, !countsPadding);
  if (kind === "average" && typeof pads !== "string" && !countsPadding)
    throw new TypeError(
      "Cannot pool: expected a mean that counts the padding in pixels, got one that does not",
    );
  const isZero = kind === "max" && countsPadding && typeof pads !== "string";
  const padded = isZero ? padImages(x, pads) : x;
  const padding = isZero ? "valid" : pads;
  return (kind === "max" ? maximumPool : averagePool)(padded, size, { stride, padding });
}

/** Numbers or whole images dropped at random, the others divided by the share that is kept. */
function dropped(
  x: tf.Tensor4D,
  { scope, keepProb, wholeImages = false }: DropoutLayer,
  seed: tf.Tensor | undefined,
): tf.Tensor4D {
  if (keepProb === 1) return x;
  if (seed === undefined)
    throw new TypeError(
      `Cannot drop numbers at "${scope}": expected a seed in training, int32 [2], got none; give predict() { seed }, or create the model with dropoutKeepProb: 1`,
    );
  return tf.tidy(() => {
    const shape = wholeImages ? [x.shape[0], 1, 1, 1] : x.shape;
    const drawn = random.uniform(shape, random.fold(seed, tf.scalar(hash(scope), "int32")));
    return x.mul(
      drawn
        .less(keepProb)
        .toFloat()
        .mul(1 / keepProb),
    );
  });
}
