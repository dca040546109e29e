/** How far class scores are from labels. */
import { sparseCrossEntropy, tf } from "../tensorflow";

/**
 * The labels of a batch: int32 [batch], the class of each image; or float32 [batch, classes], how much of each class is in it, as
 * mixup and CutMix give them.
 */
export type ClassLabels = tf.Tensor1D | tf.Tensor2D;

/** Options of softmaxCrossEntropy(). */
export interface SoftmaxLossOptions {
  /**
   * This part of each label is shared evenly by all classes: 0 … 1, but not 1.
   * @default 0
   * @see Szegedy et al. 2016 (arXiv 1512.00567) §7; tf.losses.softmax_cross_entropy; TF-Slim's --label_smoothing
   */
  readonly labelSmoothing?: number;
  /**
   * How much each class counts, 0 or more. As in torch, the sum over the batch is then divided by the sum of its labels' weights,
   * so that the loss keeps its size; Keras divides by the batch. Labels of several classes, float32 [batch, classes], are divided
   * by the batch, in torch too.
   * @default undefined: all count 1
   * @see torch.nn.CrossEntropyLoss, weight
   */
  readonly classWeights?: readonly number[] | undefined;
  /**
   * Focal loss: a class of probability p counts (1 − p) ^ focalGamma, so that images which are classified rightly already count
   * little; 2 in the paper.
   * @default 0: none
   * @see Lin et al. 2017 (arXiv 1708.02002); tf.keras.losses.CategoricalFocalCrossentropy, whose alpha is classWeights
   */
  readonly focalGamma?: number;
}

/** Options of sigmoidCrossEntropy(). */
export interface SigmoidLossOptions {
  /** Labels come so much nearer to 1/2: 0 … 1, but not 1. @default 0 @see tf.losses.sigmoid_cross_entropy */
  readonly labelSmoothing?: number;
  /** How much each class counts, 0 or more; the mean is over all, whatever they are. @default undefined: all 1 @see torch.nn.BCEWithLogitsLoss, weight */
  readonly classWeights?: readonly number[] | undefined;
  /**
   * How much more images with a class count than those without it, by class, 0 or more. torchvision's alpha α of the focal loss is
   * positiveWeights α / (1 − α) and classWeights 1 − α.
   * @default undefined: all 1
   * @see torch.nn.BCEWithLogitsLoss, pos_weight; tf.nn.weighted_cross_entropy_with_logits
   */
  readonly positiveWeights?: readonly number[] | undefined;
  /** As of softmaxCrossEntropy(). @default 0: none @see torchvision.ops.sigmoid_focal_loss; tf.keras.losses.BinaryFocalCrossentropy */
  readonly focalGamma?: number;
}

/** Below it, 1 − p of a focal loss stays, where its power has no slope: as Keras' epsilon. */
const LEAST = 1e-7;
/** Keeps a batch whose labels all weigh 0 from NaN: its loss is 0. */
const SMALLEST = 1e-30;

/**
 * Softmax cross-entropy: the mean over a batch of −Σ label · log(probability), each image and class by its weight.
 * @param logits  float32 [batch, classes]
 * @returns       float32 scalar
 * @throws {TypeError} if labels and logits do not fit
 * @throws {RangeError} if an option is out of range, or there are not as many weights as classes
 * @example
 * const { logits } = model.predict(model.preprocess(images));
 * softmaxCrossEntropy(logits, labels, { labelSmoothing: 0.1 }).print();
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor2D,
  labels: ClassLabels,
  options: SoftmaxLossOptions = {},
): tf.Scalar {
  expectLabels(logits, labels);
  expectLossOptions(options, logits.shape[1], "compute loss");
  const { labelSmoothing = 0, classWeights, focalGamma = 0 } = options;
  const isPlain = labelSmoothing === 0 && classWeights === undefined && focalGamma === 0;
  if (isPlain && isClasses(labels)) return sparseCrossEntropy(logits, labels);
  return tf.tidy(() => {
    const rows = smooth(labelRows(labels, logits.shape[1]), labelSmoothing);
    const weighted = classWeights === undefined ? rows : rows.mul(tf.tensor1d([...classWeights]));
    const logs = tf.logSoftmax(logits);
    const sum = focused(weighted, logs, focalGamma).mul(logs.neg()).sum();
    return sum.div<tf.Scalar>(lossWeight(logits, labels, classWeights).maximum(SMALLEST));
  });
}

/**
 * Sigmoid cross-entropy, for images that have several classes or none: the mean over batch and classes of
 * −label · log(p) − (1 − label) · log(1 − p).
 * @param logits  float32 [batch, classes]
 * @param labels  float32 [batch, classes], 0 … 1: 1 for each class that an image has; or int32 [batch], its one class
 * @returns       float32 scalar
 * @throws {TypeError} if labels and logits do not fit
 * @throws {RangeError} if an option is out of range, or there are not as many weights as classes
 */
export function sigmoidCrossEntropy(
  logits: tf.Tensor2D,
  labels: ClassLabels,
  options: SigmoidLossOptions = {},
): tf.Scalar {
  expectLabels(logits, labels);
  expectLossOptions(options, logits.shape[1], "compute loss");
  const { labelSmoothing = 0, classWeights, positiveWeights, focalGamma = 0 } = options;
  const ones = new Array<number>(logits.shape[1]).fill(1);
  return tf.tidy(() => {
    const rows = labelRows(labels, logits.shape[1])
      .mul(1 - labelSmoothing)
      .add(labelSmoothing / 2);
    const others = tf.sub(1, rows);
    const positive = rows.mul(tf.softplus(logits.neg())).mul(tf.tensor1d([...(positiveWeights ?? ones)]));
    const entropy = positive.add(others.mul(tf.softplus(logits)));
    const p = tf.sigmoid(logits);
    const missed = p.mul(others).add(tf.sub(1, p).mul(rows)).maximum(LEAST);
    const focal = focalGamma === 0 ? entropy : entropy.mul(missed.pow(focalGamma));
    return focal.mul(tf.tensor1d([...(classWeights ?? ones)])).mean<tf.Scalar>();
  });
}

/**
 * What softmaxCrossEntropy() divides a batch's sum by: the sum of the labels' weights, or the number of images. Means of several
 * batches are to be weighted by it.
 * @returns float32 scalar
 */
export function lossWeight(
  logits: tf.Tensor2D,
  labels: ClassLabels,
  classWeights: readonly number[] | undefined,
): tf.Scalar {
  if (classWeights === undefined || !isClasses(labels)) return tf.scalar(logits.shape[0]);
  return tf.tidy(() => tf.gather(tf.tensor1d([...classWeights]), labels).sum<tf.Scalar>());
}

/**
 * Checks the options of a loss.
 * @param what  what they are for, for the error: "create model"
 * @throws {RangeError} that names the first that is none it may be
 */
export function expectLossOptions(options: SigmoidLossOptions, numClasses: number, what: string): void {
  const { labelSmoothing = 0, focalGamma = 0 } = options;
  const expect = (name: string, expected: string, got: number, isRight: boolean): void => {
    if (isRight) return;
    throw new RangeError(`Cannot ${what}: expected ${name} to be ${expected}, got ${got}`);
  };
  expect("labelSmoothing", "in 0 … 1, but not 1", labelSmoothing, labelSmoothing >= 0 && labelSmoothing < 1);
  expect("focalGamma", "0 or more", focalGamma, focalGamma >= 0 && focalGamma < Infinity);
  for (const name of ["classWeights", "positiveWeights"] as const) {
    const weights = options[name];
    if (weights === undefined) continue;
    const { length } = weights;
    expect(name, `${numClasses} numbers, one for each class`, length, length === numClasses);
    for (const weight of weights) expect(name, "0 or more each", weight, weight >= 0 && weight < Infinity);
    if (!weights.some((weight) => weight > 0)) expect(name, "above 0 for some class", 0, false);
  }
}

/** The class of each image; of labels of several, the one of which there is most, the first of equals: int32 [batch]. */
export function labelClasses(labels: ClassLabels): tf.Tensor1D {
  return isClasses(labels) ? labels : tf.argMax<tf.Tensor1D>(labels, 1);
}

/** Whether labels are the class of each image, not how much of each class is in it. */
export function isClasses(labels: ClassLabels): labels is tf.Tensor1D {
  return labels.rank === 1;
}

/** How much of each class is in each image: float32 [batch, classes]. */
export function labelRows(labels: ClassLabels, classes: number): tf.Tensor {
  return isClasses(labels) ? tf.oneHot(labels, classes).toFloat() : labels;
}

function smooth(rows: tf.Tensor, labelSmoothing: number): tf.Tensor {
  const classes = rows.shape[1] ?? 1;
  return labelSmoothing === 0 ? rows : rows.mul(1 - labelSmoothing).add(labelSmoothing / classes);
}

function focused(rows: tf.Tensor, logs: tf.Tensor, gamma: number): tf.Tensor {
  return gamma === 0 ? rows : rows.mul(tf.sub(1, logs.exp()).maximum(LEAST).pow(gamma));
}

function expectLabels(logits: tf.Tensor2D, labels: ClassLabels): void {
  const [batch, classes] = logits.shape;
  const { dtype, shape } = labels;
  if (dtype === "int32" && shape.length === 1 && shape[0] === batch) return;
  if (dtype === "float32" && shape.join() === logits.shape.join()) return;
  throw new TypeError(
    `Cannot compute loss: expected labels int32 [${batch}] or float32 [${batch}, ${classes}], got ${dtype} [${shape.join(", ")}]`,
  );
}
