/** Batch normalization, by a batch's moments or by moving ones. */
import {
  FUSED_ACTIVATIONS,
  foldBatchNorm,
  frozenBatchNorm,
  fusedBatchNorm,
  tf,
  type NormalizedBatch,
} from "../tensorflow";
import type { Activate } from "./activate";
import type { MovingUpdate, RunOptions } from "./runoptions";
import { layerNames, type BatchNormLayer } from "./layers";
import type { ModelVariables } from "./variables";

/** What a batch normalization by given moments needs beside its input. */
export type FixedNorm = readonly [
  gamma: tf.Tensor,
  beta: tf.Tensor,
  movingMean: tf.Tensor,
  movingVariance: tf.Tensor,
  options: { readonly epsilon: number },
];

/** Gives that of a scope which normalizes by its moving moments: of all in inference, of frozen ones in training. */
export type FixedNorms = (scope: string, isScaled: boolean) => FixedNorm | undefined;

/** Those of a network's variables. */
export function fixedNorms(
  variables: ModelVariables,
  { isTraining = false, frozen = () => false, batchNormEpsilon: epsilon = 1e-5 }: RunOptions,
): FixedNorms {
  return (scope, isScaled) => {
    if (isTraining && !frozen(layerNames.beta(scope))) return undefined;
    const { beta, movingMean, movingVariance } = layerNames;
    const at = (name: (scope: string) => string): tf.Variable => variables.expect(name(scope));
    return [gammaOf(variables, scope, isScaled), at(beta), at(movingMean), at(movingVariance), { epsilon }];
  };
}

/** A batch normalization without gamma has ones in its place. */
function gammaOf(variables: ModelVariables, scope: string, isScaled: boolean): tf.Tensor {
  return isScaled
    ? variables.expect(layerNames.gamma(scope))
    : tf.ones(variables.expect(layerNames.beta(scope)).shape);
}

/** What batch normalizations of a network share. */
export interface Normalization {
  readonly variables: ModelVariables;
  readonly updates: MovingUpdate[];
  /** Takes down how to join what was normalized by the batch's moments to a shortcut. */
  readonly joins: WeakMap<tf.Tensor, NormalizedBatch["joinedTo"]>;
  readonly fixedNorm: FixedNorms;
  readonly activate: Activate;
}

/** Batch normalization of one scope, by the batch's moments or the moving ones, with what follows it. */
export type Normalize = (x: tf.Tensor4D, scope: string, layer: Required<BatchNormLayer>) => tf.Tensor4D;

/** Those of a network. */
export function batchNormalization(
  { variables, updates, joins, fixedNorm, activate }: Normalization,
  { batchNormDecay = 0.997, batchNormEpsilon: epsilon = 1e-5, onBiased }: RunOptions,
): Normalize {
  return (x, scope, { activation, isScaled }) => {
    const fixed = fixedNorm(scope, isScaled);
    if (fixed !== undefined) {
      const scaled = frozenBatchNorm(x, ...fixed);
      const y =
        onBiased === undefined ? scaled : onBiased(scope, scaled, foldBatchNorm(fixed[0], ...fixed).biases);
      return activate(y, activation);
    }
    expectSpread(x, scope);
    const gamma = gammaOf(variables, scope, isScaled);
    const beta = variables.expect(layerNames.beta(scope));
    const fused = FUSED_ACTIVATIONS.find((one) => one === activation) ?? "none";
    const options = { epsilon, activation: fused };
    const { y, batchMean, batchVariance, joinedTo } = fusedBatchNorm(x, gamma, beta, options);
    if (activation === "none") joins.set(y, joinedTo);
    const update = (name: string, moment: tf.Tensor): void =>
      void updates.push(movingUpdate(variables.expect(name), moment, batchNormDecay));
    update(layerNames.movingMean(scope), batchMean);
    update(layerNames.movingVariance(scope), batchVariance);
    return fused === "none" ? activate(y, activation) : y;
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
