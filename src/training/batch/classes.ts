import type { Postprocessed } from "../../model/model";
import { tf } from "../../tensorflow";

/**
 * The predicted classes, −1 where the probabilities are NaN: argmax gives class 0 there, which would be right for each image of it.
 * @returns int32 [batch]; inside tidy() or a traced function
 */
export function knownClasses({
  classes,
  probabilities,
}: Pick<Postprocessed, "classes" | "probabilities">): tf.Tensor1D {
  const none = tf.onesLike(classes).neg();
  return tf.where<tf.Tensor1D>(probabilities.sum(1).isNaN(), none, classes);
}
