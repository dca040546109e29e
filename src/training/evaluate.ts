import type { Displayable } from "../display/bundle";
import { cellSignal } from "../interrupt";
import type { RecordError } from "../input";
import { labelClasses, type ClassLabels } from "../model/losses";
import type { Model } from "../model/model";
import { expectPixels } from "../model/pixels";
import { tf, trace, type Precision, type Signature } from "../tensorflow";
import { expectBatch, expectBatches, type Batch } from "./batch/batch";
import { knownClasses } from "./batch/classes";
import { badOf, expectEnd, leftOutOf, noBatches } from "./batch/end";
import { freshness, givenOf, originOf, type FeatureBatch, type FeatureOrigin } from "./features/origin";
import { shownEvaluation } from "./evaluated";
import { expectScalars } from "./batch/losses";
import type { MetricRecord, Metrics } from "./metrics";
import { addConfusion, noConfusion } from "./metrics/confusion";

/** What one batch of an evaluation gives; the caller disposes the tensors. */
export type EvalStepResult = {
  /** float32 [4]: loss with weight decay, and cross-entropy, means over the batch; what they are weighted with, see Losses; accuracy */
  readonly losses: tf.Tensor1D;
  /** float32 [batch, classes] */
  readonly probabilities: tf.Tensor2D;
  /** int32 [batch], the most probable class of each image; −1 where the probabilities are NaN */
  readonly classes: tf.Tensor1D;
};

/** A compiled evaluation of one batch, for several calls of evaluate(). The caller disposes it. */
export interface EvalStep {
  /**
   * @param images  as model.preprocess() takes them
   * @param labels  int32 [batch], or float32 [batch, classes]
   */
  (images: tf.Tensor4D, labels: ClassLabels): Promise<EvalStepResult>;
  /** The endpoint whose activations it takes in place of images; undefined: it takes images. */
  readonly from?: string | undefined;
  signatures(): Signature[];
  dispose(): void;
}

/** Options of evaluate(). */
export interface EvaluateOptions {
  /** Batches to evaluate at most: 1 or more. @default all of the dataset, which must then end */
  readonly steps?: number;
  /** A compiled step of the same model, so that calls after the first need not compile. @default one for this call */
  readonly evalStep?: EvalStep;
  /** What the step for this call computes in; see trace(). @default "float32" */
  readonly precision?: Precision;
  /**
   * More to measure, updated with each batch's `labels` (of labels float32 [batch, classes] the class of which there is most, unless the model is multiLabel, for which there is multiLabelMetrics()),
   * `classes`, `probabilities` and its `loss` and `crossEntropy` as scalars. They count on where they are: reset() begins anew.
   * @default none
   */
  readonly metrics?: Metrics<MetricRecord>;
  /** Called after each batch. */
  readonly onProgress?: (progress: { readonly batches: number; readonly images: number }) => void;
  /** Stops between two batches, with its reason as the error. @default the running cell's, if it is a notebook's */
  readonly signal?: AbortSignal;
}

/** How well a model does on a dataset. */
export interface Evaluation {
  /** 0…1; of a multiLabel model over all images and classes */
  readonly accuracy: number;
  /** Mean over the images, with weight decay; each by its class's weight, if the model has classWeights. */
  readonly loss: number;
  /** The same without weight decay: the model's own loss, with its labelSmoothing, classWeights and focalGamma. */
  readonly crossEntropy: number;
  /** Images evaluated. */
  readonly count: number;
  /** Images of the dataset that were not evaluated, since they fill no whole batch (`dropRemainder`); absent if there are none. */
  readonly leftOut?: number;
  /** The records that the dataset has left out since they can't be decoded (`onBad: "skip"`); absent if there are none. */
  readonly bad?: readonly RecordError[];
  /** Images whose probabilities are NaN, as all are of a model that has diverged: none counts as right, nor in the confusion. */
  readonly notFinite: number;
  /** Images by true class (rows) and predicted class (columns); none of a multiLabel model. */
  readonly confusion: readonly (readonly number[])[];
}

/** Options of createEvalStep(). */
export interface EvalStepOptions {
  /** What features() gave: the step takes such features in place of images, and throws if the weights before them have changed. @default none */
  readonly features?: FeatureOrigin | undefined;
  /**
   * "bfloat16": convolutions and the activations between them are computed in bfloat16; "auto": in the faster of both. See trace().
   * @default "float32"
   */
  readonly precision?: Precision | undefined;
}

/**
 * Compiles the evaluation of one batch: preprocess, predict with moving statistics, loss.
 * It sees the variables as they are at each call, so one serves throughout a training.
 * @throws {RangeError} if the features are of photos that were cropped and mirrored at random
 */
export function createEvalStep(model: Model, options: EvalStepOptions = {}): EvalStep {
  const { features, precision = "float32" } = options;
  const from = features?.endpoint;
  if (features?.isTraining === true)
    throw new RangeError(
      "Cannot evaluate: expected features of the middle of each photo, got some of random crops; give features() isTraining: false",
    );
  const body = (images: tf.Tensor4D, labels: ClassLabels): EvalStepResult => {
    const predictions =
      from === undefined
        ? model.predict(model.preprocess(images), { isTraining: false })
        : model.predict(images, { isTraining: false, from });
    const losses = expectScalars(model.loss(predictions, labels), "evaluate");
    const { loss, crossEntropy, weight = tf.scalar(images.shape[0]) } = losses;
    const { probabilities, classes: likeliest } = model.postprocess(predictions);
    const classes = knownClasses({ probabilities, classes: likeliest });
    const accuracy = model.accuracy({ probabilities, classes }, labels);
    return { losses: tf.stack([loss, crossEntropy, weight, accuracy]).as1D(), probabilities, classes };
  };
  const traced = trace(body, { name: "evalStep", precision });
  if (features === undefined) return traced;
  const expectFresh = freshness(model, features, "evaluate");
  const step = async (...batch: [tf.Tensor4D, ClassLabels]): Promise<EvalStepResult> => {
    expectFresh();
    return traced(...batch);
  };
  return Object.assign(step, { from, signatures: traced.signatures, dispose: traced.dispose });
}

/**
 * Evaluates a model on the batches of a dataset; a smaller last batch counts by its images. What it gives shows itself as a small table.
 * @param dataset  batches of [{ image }, label], or what features() gives with isTraining: false; whoever made it frees them
 * @throws {RangeError} if the dataset has no end and there are no `steps`
 * @throws {RangeError} if there are no batches, `steps` is no whole number of 1 or more, or a label is no class of the model
 * @throws {RangeError} if the first batch's pixels are not in 0…255, unless the model takes any
 * @throws what the signal gives as its reason
 * @example
 * const { accuracy, confusion } = await evaluate(model, testImages);
 */
export async function evaluate(
  model: Model,
  dataset: AsyncIterable<Batch | FeatureBatch>,
  options: EvaluateOptions = {},
): Promise<Evaluation & Displayable> {
  const { steps = Infinity, onProgress, signal = cellSignal() } = options;
  if (!((Number.isSafeInteger(steps) && steps >= 1) || steps === Infinity))
    throw new RangeError(`Cannot evaluate: expected steps a whole number of 1 or more, got ${steps}`);
  expectBatches(dataset, "evaluate");
  if (steps === Infinity) expectEnd(dataset, "evaluate");
  const features = originOf(dataset);
  const evalStep = options.evalStep ?? createEvalStep(model, { features, precision: options.precision });
  expectFrom(evalStep, features?.endpoint);
  const totals = new Totals(model.options);
  let batches = 0;
  try {
    signal?.throwIfAborted();
    for await (const batch of dataset) {
      const [given, label] = [givenOf(batch, features, "evaluate"), batch[1]];
      expectBatch(given, label, { ...model.options, what: "evaluate" });
      if (batches === 0 && features === undefined) expectPixels(given, model.options.pixels); // the step may know this shape of another dataset
      await addBatch(totals, await evalStep(given, label), label, options);
      batches++;
      onProgress?.({ batches, images: totals.count });
      signal?.throwIfAborted();
      if (batches >= steps) break;
    }
  } finally {
    if (options.evalStep === undefined) evalStep.dispose();
  }
  const leftOut = batches < steps ? leftOutOf(dataset) : undefined;
  if (totals.count === 0) throw noBatches("evaluate", leftOut);
  const bad = badOf(dataset);
  return shownEvaluation({
    ...totals.evaluation(),
    ...(leftOut !== undefined && { leftOut: leftOut.count }),
    ...(bad.length > 0 && { bad }),
  });
}

function expectFrom({ from }: EvalStep, endpoint: string | undefined): void {
  if (from === endpoint) return;
  const described = (one: string | undefined): string =>
    one === undefined ? "images" : `features of "${one}"`;
  throw new TypeError(
    `Cannot evaluate: expected an evalStep that takes ${described(endpoint)}, as the dataset gives, got one that takes ${described(from)}`,
  );
}

async function addBatch(
  totals: Totals,
  result: EvalStepResult,
  given: ClassLabels,
  { metrics }: Pick<EvaluateOptions, "metrics">,
): Promise<void> {
  const { losses, classes, probabilities } = result;
  const labels = tf.tidy(() => (totals.isMultiLabel ? given : labelClasses(given)).clone());
  const scalars = metrics === undefined ? [] : tf.unstack(losses);
  try {
    const [values, predicted, truth] = await Promise.all([
      losses.data(),
      classes.data(),
      totals.isMultiLabel ? [] : labels.data(),
    ]);
    totals.add([...values], [...truth], [...predicted]);
    const [loss, crossEntropy] = scalars;
    await metrics?.update({ labels, classes, probabilities, loss, crossEntropy });
  } finally {
    tf.dispose([losses, probabilities, classes, labels, ...scalars]);
  }
}

/** Sums over the images so far. */
class Totals {
  count = 0;
  private notFinite = 0;
  private weight = 0;
  private loss = 0;
  private crossEntropy = 0;
  private hits = 0;
  private readonly confusion: number[][];
  readonly isMultiLabel: boolean;

  constructor({ numClasses, multiLabel }: Pick<Model["options"], "numClasses" | "multiLabel">) {
    this.isMultiLabel = multiLabel;
    this.confusion = noConfusion(multiLabel ? 0 : numClasses);
  }

  add(losses: readonly number[], truth: readonly number[], predicted: readonly number[]): void {
    const [loss = NaN, crossEntropy = NaN, weight = NaN, accuracy = NaN] = losses;
    this.notFinite += predicted.filter((guess) => guess < 0).length;
    this.hits += accuracy * predicted.length;
    addConfusion(this.confusion, truth, predicted);
    this.count += predicted.length;
    this.weight += weight;
    this.loss += loss * weight;
    this.crossEntropy += crossEntropy * weight;
  }

  evaluation(): Evaluation {
    const { count, weight, notFinite, confusion } = this;
    const counted = confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
    const hits = this.isMultiLabel ? this.hits : counted;
    return {
      accuracy: hits / count,
      loss: this.loss / weight,
      crossEntropy: this.crossEntropy / weight,
      ...{ count, notFinite, confusion },
    };
  }
}
