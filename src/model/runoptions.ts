/** How a network is run, and what it leaves behind. */
import type { tf } from "../tensorflow";

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
  /** int32 [2]: draws what is dropped in training; one that changes from step to step. @default none: a dropout in training throws */
  readonly seed?: tf.Tensor | undefined;
  /** Decay of the moving statistics. @default 0.997 (TF-Slim resnet_arg_scope) */
  readonly batchNormDecay?: number;
  /** Added to variances. @default 1e-5 (TF-Slim resnet_arg_scope) */
  readonly batchNormEpsilon?: number;
}
