import type { ClassLabels } from "../../model/losses";
import type { Model, Predictions } from "../../model/model";
import type { Losses } from "../../model/modellosses";
import type { ModelVariable } from "../../model/variables";
import { tf } from "../../tensorflow";
import { knownClasses } from "../batch/classes";
import { expectScalars } from "../batch/losses";
import type { VariableGradient } from "../optimizers/optimizer";

/** What one pass forward and backward through a model gives; nothing of the model has changed by it. */
export interface Pass {
  readonly predictions: Predictions;
  /** float32 scalar, with weight decay if regularized */
  readonly loss: tf.Scalar;
  readonly crossEntropy: tf.Scalar;
  readonly accuracy: tf.Scalar;
  readonly gradients: readonly VariableGradient[];
}

/** What a pass differentiates by. */
export interface PassOptions {
  readonly trained: readonly ModelVariable[];
  /** Whether the variable of a name is trained; batch norms of variables that are not stand still. */
  readonly isTrained: (name: string) => boolean;
  /** int32 [2], what model.preprocess() draws crops and mirrorings from */
  readonly seed: tf.Tensor;
  /** Whether the loss holds the weight decay. @default true */
  readonly isRegularized?: boolean;
  /** The endpoint whose activation is given in place of the images; what is before it is frozen. @default none */
  readonly from?: string | undefined;
}

/**
 * The gradients of a model's loss on one batch, with what the forward pass met on its way.
 *
 * Call it inside tidy() or a traced function, which then owns all its tensors.
 * @param images  as model.preprocess() takes them; with `from`, that endpoint's activation
 * @param labels  int32 [batch], or float32 [batch, classes]
 */
export function differentiate(
  model: Model,
  [images, labels]: readonly [tf.Tensor4D, ClassLabels],
  options: PassOptions,
): Pass {
  const { trained, isTrained, seed, isRegularized = true, from } = options;
  const frozen = (name: string): boolean => !isTrained(name);
  const preprocessed = from === undefined ? model.preprocess(images, seed) : images;
  const run = { isTraining: true, frozen, seed, ...(from !== undefined && { from }) };
  // The tape frees everything but the loss when it ends: what else is wanted must be kept beyond it.
  const survivors = new Set<tf.Tensor>();
  const keep = <T extends tf.Tensor>(tensor: T): T => {
    survivors.add(tf.keep(tensor));
    return tensor;
  };
  const forwards: { predictions: Predictions; crossEntropy: tf.Scalar }[] = [];
  try {
    const { value: loss, grads } = tf.variableGrads(
      () => {
        const predictions = model.predict(preprocessed, run);
        const losses = expectScalars(model.loss(predictions, labels), "train");
        mapPredictions(predictions, keep);
        forwards.push({ predictions, crossEntropy: keep(losses.crossEntropy) });
        return isRegularized ? losses.loss : unregularized(losses);
      },
      trained.map(({ variable }) => variable),
    );
    const [forward] = forwards;
    if (forward === undefined) throw new TypeError("Cannot differentiate: expected a forward pass, got none");
    const predictions = mapPredictions(forward.predictions, (tensor) => tensor.clone());
    return {
      predictions,
      loss,
      crossEntropy: forward.crossEntropy.clone(),
      accuracy: accuracyOf(model, predictions, labels),
      gradients: trained.flatMap((variable) => {
        const gradient = grads[variable.variable.name];
        return gradient === undefined ? [] : [{ variable, gradient }];
      }),
    };
  } finally {
    tf.dispose([...survivors]);
  }
}

/** The loss without its weight decay. */
function unregularized({ crossEntropy, auxiliary }: Losses): tf.Scalar {
  return auxiliary === undefined ? crossEntropy.clone() : crossEntropy.add(auxiliary);
}

function accuracyOf(model: Model, predictions: Predictions, labels: ClassLabels): tf.Scalar {
  const { probabilities, classes } = model.postprocess(predictions);
  return model.accuracy({ probabilities, classes: knownClasses({ probabilities, classes }) }, labels);
}

function mapPredictions(predictions: Predictions, map: <T extends tf.Tensor>(tensor: T) => T): Predictions {
  return {
    logits: map(predictions.logits),
    ...(predictions.auxLogits !== undefined && { auxLogits: map(predictions.auxLogits) }),
    endpoints: Object.fromEntries(
      Object.entries(predictions.endpoints).map(([name, tensor]) => [name, map(tensor)]),
    ),
    updates: predictions.updates.map(({ variable, value }) => ({ variable, value: map(value) })),
  };
}
