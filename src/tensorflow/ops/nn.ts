/** Operations of neural networks that TensorFlow fuses and tfjs takes apart. */
import { attr, type Attrs } from "../attributes";
import { execute, executeOne } from "../execute";
import { tf } from "../runtime";

/** Options of batch normalization. */
export interface BatchNormOptions {
  /** Added to the variance. @default 0.001 (TF-Slim batch_norm) */
  readonly epsilon?: number;
}

/** A batch-normalized batch and the moments it was normalized by. */
export interface NormalizedBatch {
  /** float32 [batch, height, width, channels] */
  readonly y: tf.Tensor4D;
  /** float32 [channels], the batch's mean */
  readonly batchMean: tf.Tensor1D;
  /** float32 [channels], the batch's variance with Bessel's correction, as FusedBatchNorm gives it for the moving variance */
  readonly batchVariance: tf.Tensor1D;
}

const NHWC = { T: attr.type("float32"), U: attr.type("float32"), data_format: attr.string("NHWC") };

/**
 * Batch normalization by the batch's own moments, fused in one kernel each way; gradients reach x, gamma and beta.
 * @param x      float32 [batch, height, width, channels]
 * @param gamma  float32 [channels]
 * @param beta   float32 [channels]
 * @see tf.compat.v1.nn.fused_batch_norm; Ioffe and Szegedy 2015 (arXiv 1502.03167)
 */
export function fusedBatchNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  options: BatchNormOptions = {},
): NormalizedBatch {
  const { epsilon = 0.001 } = options;
  const attrs = { ...NHWC, epsilon: attr.float(epsilon), is_training: attr.bool(true) };
  let moments: tf.Tensor[] = [];
  const normalize = tf.customGrad((...args) => {
    const [a, b, c, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const none = tf.tensor1d([], "float32");
    const outputs = execute(
      "FusedBatchNormV3",
      [a, b, c, none, none],
      { ...attrs, exponential_avg_factor: attr.float(1) },
      6,
    );
    const [y, mean, variance, reserve1, reserve2, reserve3] = outputs as Six;
    moments = [tf.keep(mean), tf.keep(variance)]; // customGrad disposes of all but its value
    save([a, b, reserve1, reserve2, reserve3]);
    return { value: y, gradFunc: batchNormGradient(attrs) };
  });
  const scope = tf.engine();
  scope.startScope("fusedBatchNorm");
  const y = normalize(x, gamma, beta) as tf.Tensor4D;
  const [batchMean, batchVariance] = moments.map((kept) => kept.clone()) as [tf.Tensor1D, tf.Tensor1D];
  moments.forEach((kept) => kept.dispose());
  scope.endScope([y, batchMean, batchVariance]);
  return { y, batchMean, batchVariance };
}

type Six = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];

/** The gradients by x, gamma and beta, from what the forward pass saved: x, gamma and its three reserves. */
function batchNormGradient(attrs: Attrs): (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] {
  return (dy, saved) => execute("FusedBatchNormGradV3", [dy, ...saved], attrs, 5).slice(0, 3);
}

/**
 * Batch normalization by given moments, as in inference and in frozen layers; gradients reach x, gamma and beta.
 * @param x         float32 [batch, height, width, channels]
 * @param gamma     float32 [channels]
 * @param beta      float32 [channels]
 * @param mean      float32 [channels], e.g. the moving mean
 * @param variance  float32 [channels]
 * @returns         float32 [batch, height, width, channels]
 */
export function frozenBatchNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  options: BatchNormOptions = {},
): tf.Tensor4D {
  const { epsilon = 0.001 } = options;
  const attrs = { ...NHWC, epsilon: attr.float(epsilon), is_training: attr.bool(false) };
  const normalize = tf.customGrad((...args) => {
    const [a, b, c, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const outputs = execute("FusedBatchNormV3", [a, b, c, mean, variance], attrs, 6);
    const [y, , , reserve1, reserve2, reserve3] = outputs as Six;
    save([a, b, reserve1, reserve2, reserve3]);
    return { value: y, gradFunc: batchNormGradient(attrs) };
  });
  return tf.tidy(() => normalize(x, gamma, beta) as tf.Tensor4D);
}

/**
 * max(x, 0), whose gradient is one kernel.
 * @param x  float32, any shape
 */
export function relu<T extends tf.Tensor>(x: T): T {
  const T = { T: attr.type("float32") };
  const rectify = tf.customGrad((...args) => {
    const [a, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const y = executeOne("Relu", [a], T);
    save([y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => executeOne("ReluGrad", [dy, ...saved], T),
    };
  });
  return tf.tidy(() => rectify(x) as T);
}
