/** A pass of one process as if the batches of all processes had been one. */
import { averaged, type Cluster } from "../../distribute";
import type { tf } from "../../tensorflow";
import type { VariableGradient } from "../optimizers/optimizer";
import type { Pass } from "./pass";

/** What an update is made with. */
export type SharedPass = Pick<Pass, "loss" | "crossEntropy" | "accuracy" | "gradients"> & {
  /** New values of moving statistics. */
  readonly updates: Pass["predictions"]["updates"];
};

/**
 * The means over all processes of a pass's losses, accuracy, moving statistics and gradients; alone, as they are.
 *
 * Last layers first, as the backward pass gives them: what is there is exchanged while the rest is computed.
 * @param gradients  to apply, in place of the pass's
 */
export function shared(cluster: Cluster, pass: Pass, gradients: readonly VariableGradient[]): SharedPass {
  const { loss, crossEntropy, accuracy, predictions } = pass;
  const { updates } = predictions;
  const backwards = [...gradients].reverse();
  const own = [
    ...[loss, crossEntropy, accuracy],
    ...updates.map(({ value }) => value),
    ...backwards.map(({ gradient }) => gradient),
  ];
  const means = averaged(cluster, own, "update").values();
  const next = <T extends tf.Tensor>(tensor: T): T => {
    const mean = means.next().value;
    // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- of the tensor's own shape and type
    return (mean ?? tensor) as T;
  };
  return {
    loss: next(loss),
    crossEntropy: next(crossEntropy),
    accuracy: next(accuracy),
    updates: updates.map(({ variable, value }) => ({ variable, value: next(value) })),
    gradients: backwards.map(({ variable, gradient }) => ({ variable, gradient: next(gradient) })).reverse(),
  };
}
