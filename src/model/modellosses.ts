/** The loss of a model. */
import { l2Loss, tf } from "../tensorflow";
import { lossWeight, sigmoidCrossEntropy, softmaxCrossEntropy, type ClassLabels } from "./losses";
import type { ResolvedOptions } from "./options";
import type { ModelVariables } from "./variables";

/** What loss() gives, as float32 scalars. */
export type Losses = {
  /** crossEntropy + regularization + auxiliary */
  readonly loss: tf.Scalar;
  /** Mean over the batch, by the model's labelSmoothing, classWeights and focalGamma. */
  readonly crossEntropy: tf.Scalar;
  /** Sum of weightDecay * sum(w²)/2 over the regularized weights, frozen ones too. */
  readonly regularization: tf.Scalar;
  /** 0.4 of the auxiliary classifier's cross-entropy. @default absent: there is none, or it is no training */
  readonly auxiliary?: tf.Scalar;
  /** What that mean divides by, with which evaluate() weighs the means of batches: the sum of the labels' weights. @default absent: the number of images */
  readonly weight?: tf.Scalar;
};

/** What an auxiliary classifier's cross-entropy counts. @see TF-Slim train_image_classifier.py */
const AUX_WEIGHT = 0.4;

/** As Model.loss(), which has the description. */
export function lossesOf(
  { logits, auxLogits }: { readonly logits: tf.Tensor2D; readonly auxLogits?: tf.Tensor2D },
  labels: ClassLabels,
  options: ResolvedOptions,
  variables: ModelVariables,
): Losses {
  const { multiLabel } = options;
  const classWeights = multiLabel ? undefined : options.classWeights;
  const entropyOf = multiLabel ? sigmoidCrossEntropy : softmaxCrossEntropy;
  const crossEntropy = entropyOf(logits, labels, options);
  const regularization = regularizationOf(variables, options.weightDecay);
  const main = crossEntropy.add<tf.Scalar>(regularization);
  const weight = classWeights === undefined ? {} : { weight: lossWeight(logits, labels, classWeights) };
  if (auxLogits === undefined) return { loss: main, crossEntropy, regularization, ...weight };
  const auxiliary = tf.tidy(() => entropyOf(auxLogits, labels, options).mul<tf.Scalar>(AUX_WEIGHT));
  const loss = main.add<tf.Scalar>(auxiliary);
  main.dispose();
  return { loss, crossEntropy, regularization, auxiliary, ...weight };
}

function regularizationOf(variables: ModelVariables, weightDecay: number): tf.Scalar {
  const regularized = variables.all().filter((variable) => variable.weightDecay > 0);
  if (regularized.length === 0) return tf.scalar(0);
  return tf.tidy(() =>
    tf.addN<tf.Scalar>(regularized.map(({ variable }) => l2Loss(variable))).mul(weightDecay),
  );
}
