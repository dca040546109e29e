import type { SummaryWriter } from "../../summary";
import { tf } from "../../tensorflow";
import { normOf } from "../optimizers/gradients";

/**
 * Writes a histogram of each gradient and its norm, as TF-Slim does: `summarize_grads/${variable}_gradient` and `…_gradient_norm`.
 * @param gradients  by variable, as step.withGradients() or step.inspect() give them; they may be disposed at once
 * @returns          when all is ready to be written
 * @throws {RangeError} if a gradient is not finite
 * @example
 * const { gradients, globalStep } = await step.withGradients(images, labels);
 * await summarizeGradients(writer, gradients, globalStep);
 * tf.dispose(gradients);
 * @see tf_slim.learning.create_train_op, with summarize_gradients
 */
export async function summarizeGradients(
  writer: SummaryWriter,
  gradients: Readonly<Record<string, tf.Tensor>>,
  globalStep: number,
): Promise<void> {
  const entries = Object.entries(gradients);
  if (entries.length === 0) return;
  const histograms = entries.map(([name, gradient]) =>
    writer.histogram(`summarize_grads/${name}_gradient`, gradient, globalStep),
  );
  const norms = tf.tidy(() => tf.stack(entries.map(([, gradient]) => normOf(gradient))));
  const values = await norms.data();
  norms.dispose();
  entries.forEach(([name], i) =>
    writer.scalar(`summarize_grads/${name}_gradient_norm`, values[i] ?? NaN, globalStep),
  );
  await Promise.all(histograms);
}
