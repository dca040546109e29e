/** Losses and gradients that are no longer finite: noticed for one pass over the gradients, explained when it happens. */
import type { Cluster } from "../../distribute";
import type { Model } from "../../model/model";
import { checkFinite, l2Loss, tf, TensorFlowError } from "../../tensorflow";
import type { Pass } from "./pass";

const NOTICE = "The loss and gradients of a step";

/** A zero; NaN unless the loss and all gradients of the pass are finite. */
export function zeroOf({ loss, gradients }: Pick<Pass, "loss" | "gradients">): tf.Scalar {
  // A sum of squares is finite only if all of them are; and the step of momentum knows it in passing, see descend().
  const sums = gradients.map(({ gradient }) => l2Loss(gradient).mul<tf.Scalar>(0));
  return tf.addN([loss.mul<tf.Scalar>(0), ...sums]);
}

/** The same tensor, which stops the step, before it has changed anything, unless all of it is finite. */
export function checked<T extends tf.Tensor>(tensor: T): T {
  return checkFinite(tensor, NOTICE);
}

/**
 * The error that says where a step's numbers were no longer finite, for the error of checked(); any other as it is.
 * @param look  gives the pass of the step again
 */
export function explained(
  error: unknown,
  {
    model,
    images,
    look,
    at,
    cluster,
  }: {
    readonly cluster: Cluster;
    readonly model: Model;
    readonly images: tf.Tensor;
    readonly look: () => Pass;
    readonly at: string;
  },
): unknown {
  if (!(error instanceof TensorFlowError && error.message.includes(NOTICE))) return error;
  const found = tf.tidy(() => firstNotFinite(model, images, look, cluster.size));
  return new RangeError(`Cannot go on training: expected finite numbers ${at}, got ${found}`, {
    cause: error,
  });
}

/**
 * What is the first not to be finite on the way through a pass: images, variables, endpoints in the order of the network,
 * loss, then gradients from the last layer back to the first. It reads every tensor: for after the fact.
 */
function firstNotFinite(model: Model, images: tf.Tensor, look: () => Pass, size: number): string {
  // A pass refuses such images.
  const pixel = notFiniteOf(images);
  if (pixel !== undefined) return `${pixel} in the images`;
  const { predictions, loss, gradients } = look();
  const places: (readonly [place: string, tensor: tf.Tensor])[] = [
    ...model.variables.all().map(({ name, variable }) => [`variable "${name}"`, variable] as const),
    ...Object.entries(predictions.endpoints).map(([name, one]) => [`endpoint "${name}"`, one] as const),
    ["the logits", predictions.logits],
    ["the loss", loss],
    ...[...gradients]
      .reverse()
      .map(({ variable, gradient }) => [`the gradient of "${variable.name}"`, gradient] as const),
  ];
  for (const [place, tensor] of places) {
    const wrong = notFiniteOf(tensor);
    if (wrong !== undefined) return `${wrong} in ${place}`;
  }
  const where = size > 1 ? ", or numbers of another process's batch" : "";
  return `gradients whose squares add up beyond float32${where}`;
}

const notFiniteOf = (tensor: tf.Tensor): number | undefined =>
  tensor.dataSync().find((value) => !Number.isFinite(value));
