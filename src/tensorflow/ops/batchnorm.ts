/** Batch normalization: by the batch's own moments in training, by given ones otherwise. */
import { attr, type Attrs } from "../runtime/attributes";
import { TensorFlowError } from "../runtime/error";
import { execute, executeOne } from "../trace/execute";
import { device, tf } from "../runtime/runtime";
import { hardSwish, relu6, swish } from "./activations";
import { relu } from "./nn";

/** Options of batch normalization. */
export interface BatchNormOptions {
  /** Added to the variance. @default 0.001 (TF-Slim batch_norm) */
  readonly epsilon?: number;
}

/** What a batch normalization can end with in passing. */
export type FusedActivation = (typeof FUSED_ACTIVATIONS)[number];

/** All there is of these. */
export const FUSED_ACTIVATIONS = ["none", "relu", "relu6", "hardSwish", "swish"] as const;

/** Options of fusedBatchNorm(). */
export interface FusedBatchNormOptions extends BatchNormOptions {
  /** What y is of what is normalized. @default "none" */
  readonly activation?: FusedActivation;
}

/** A batch-normalized batch and the moments it was normalized by. */
export interface NormalizedBatch {
  /** float32 [batch, height, width, channels] */
  readonly y: tf.Tensor4D;
  /** float32 [channels], the batch's mean */
  readonly batchMean: tf.Tensor1D;
  /** float32 [channels], the batch's variance with Bessel's correction, as FusedBatchNorm gives it for the moving variance */
  readonly batchVariance: tf.Tensor1D;
  /**
   * side + what is normalized, or its ReLU: the end of a residual unit, with gradients to x, gamma, beta and side. A CPU computes it
   * from x at once, not from y.
   * @param side  float32, x's shape
   */
  readonly joinedTo: (side: tf.Tensor4D, activation: "none" | "relu") => tf.Tensor4D;
}

/**
 * Batch normalization by the batch's own moments, with the activation or the addition that follows it; gradients reach x, gamma and beta.
 * On a CPU it is two passes over the data each way, by operations of the addon that exist nowhere else; on a GPU cuDNN's.
 *
 * Call it inside tidy() or a traced function, which then owns what joinedTo() needs.
 * @param x      float32 [batch, height, width, channels]
 * @param gamma  float32 [channels]
 * @param beta   float32 [channels]
 * @throws {TensorFlowError} INVALID_ARGUMENT if x is empty or another shape does not fit
 * @see tf.compat.v1.nn.fused_batch_norm; Ioffe and Szegedy 2015 (arXiv 1502.03167)
 */
export function fusedBatchNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  options: FusedBatchNormOptions = {},
): NormalizedBatch {
  return device().isGpu ? standardBatchNorm(x, gamma, beta, options) : ownBatchNorm(x, gamma, beta, options);
}

function ownBatchNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { epsilon = 0.001, activation = "none" }: FusedBatchNormOptions,
): NormalizedBatch {
  const moments = execute("SlimlabMoments", [x], { epsilon: attr.float(epsilon) }, 3);
  const [batchMean, inverse, batchVariance] = moments as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  const by = [batchMean, inverse] as const;
  return {
    y: normalize([x, gamma, beta], by, activation),
    batchMean,
    batchVariance,
    joinedTo: (side, end) => normalize([x, gamma, beta, side], by, end),
  };
}

/** x, gamma, beta and the side, if any, normalized by the batch's mean and inverse standard deviation. */
function normalize(
  inputs: readonly tf.Tensor[],
  [mean, inverse]: readonly [tf.Tensor, tf.Tensor],
  activation: FusedActivation,
): tf.Tensor4D {
  const run = tf.customGrad((...args) => {
    const [x, gamma, beta] = args as [tf.Tensor, tf.Tensor, tf.Tensor];
    const sides = args.slice(3, inputs.length) as tf.Tensor[];
    const save = args[inputs.length] as unknown as tf.GradSaveFunc;
    const common = { sides: attr.int(sides.length), activation: attr.string(activation) };
    const y = executeOne("SlimlabNormalize", [x, mean, inverse, gamma, beta, ...sides], common);
    const outputs = activation === "relu" ? sides.map(() => y) : []; // that the side's gradient is masked by
    const attrs = { ...common, outputs: attr.int(outputs.length), others: attr.int(0) };
    save([x, mean, inverse, gamma, beta, ...outputs]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      execute("SlimlabNormalizeGrad", [dy, ...saved], attrs, 3 + sides.length);
    return { value: y, gradFunc };
  });
  return tf.tidy(() => run(...inputs) as tf.Tensor4D);
}

const NHWC = { T: attr.type("float32"), U: attr.type("float32"), data_format: attr.string("NHWC") };

/** The same by TensorFlow's own operations, which would take no images for moments of NaN, and broadcast a side. */
export function standardBatchNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { epsilon = 0.001, activation = "none" }: FusedBatchNormOptions = {},
): NormalizedBatch {
  if (x.size === 0) throw refusal("x must have elements");
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
  const normalized = normalize(x, gamma, beta) as tf.Tensor4D;
  const y = ACTIVATE[activation](normalized);
  const [batchMean, batchVariance] = moments.map((kept) => kept.clone()) as [tf.Tensor1D, tf.Tensor1D];
  moments.forEach((kept) => kept.dispose());
  scope.endScope([normalized, y, batchMean, batchVariance]);
  const joinedTo: NormalizedBatch["joinedTo"] = (side, end) => {
    if (!tf.util.arraysEqual(side.shape, x.shape))
      throw refusal(`expected a side of x's shape [${x.shape.join(", ")}], got [${side.shape.join(", ")}]`);
    return ACTIVATE[end](tf.add<tf.Tensor4D>(side, normalized));
  };
  return { y, batchMean, batchVariance, joinedTo };
}

const ACTIVATE: Readonly<Record<FusedActivation, (x: tf.Tensor4D) => tf.Tensor4D>> = {
  none: (x) => x,
  ...{ relu, relu6, hardSwish, swish },
};

function refusal(reason: string): TensorFlowError {
  return new TensorFlowError("FusedBatchNormV3", "INVALID_ARGUMENT", reason);
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
 * A convolution's weights, and the biases behind it, that do what it and a batch normalization by given moments do; gradients
 * reach weights, gamma and beta.
 * @param weights   float32 [height, width, channels, output channels]
 * @param gamma     float32 [output channels]
 * @param beta      float32 [output channels]
 * @param mean      float32 [output channels], e.g. the moving mean
 * @param variance  float32 [output channels]
 */
export function foldBatchNorm(
  weights: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  { epsilon = 0.001 }: BatchNormOptions = {},
): { readonly weights: tf.Tensor; readonly biases: tf.Tensor } {
  return tf.tidy(() => {
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    return { weights: tf.mul(weights, scale), biases: tf.sub(beta, tf.mul(mean, scale)) };
  });
}
