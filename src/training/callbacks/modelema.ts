import type { Model } from "../../model/model";
import { withOtherWeights } from "../../model/weights";
import { tf, trace } from "../../tensorflow";
import type { Callback } from "./callback";

/** Options of modelEma(). */
export interface ModelEmaOptions {
  /** How much of the averages stays at each step, 0 … 1, but 1. @default 0.9999 (timm ModelEmaV3, TF-Slim train_image_classifier) */
  readonly decay?: number;
  /**
   * Whether fewer count at first: the decay of step n, from 0 on, is at most (1 + n) / (10 + n), without which the averages of a short
   * training are those of its beginning. @default true
   */
  readonly warmup?: boolean;
  /** Whether the model has the averages when the training ends, as Keras does it. @default true */
  readonly useAtEnd?: boolean;
}

/** A callback that averages a model's weights. */
export interface ModelEma extends Callback {
  /** The averages by the names of the variables; they belong to the callback. */
  readonly averages: Readonly<Record<string, tf.Tensor>>;
  /** Runs work, such as an evaluation, while the model has the averages; then it has its own weights again. */
  using<T>(work: () => T | Promise<T>): Promise<T>;
  /** Frees the averages. */
  dispose(): void;
}

/**
 * Exponential moving averages of all of a model's variables, moving statistics too, updated after each step:
 * average ← decay · average + (1 − decay) · value.
 * @throws {RangeError} if the decay is out of its range
 * @throws {Error} if the model is disposed
 * @example
 * const ema = modelEma(model, { useAtEnd: false });
 * await train(step, batches, { steps: 400, callbacks: [ema] });
 * const { accuracy } = await ema.using(() => evaluate(model, testImages));
 * @see tf.train.ExponentialMovingAverage, whose num_updates `warmup` is; timm.utils.ModelEmaV3; keras' use_ema
 */
export function modelEma(model: Model, options: ModelEmaOptions = {}): ModelEma {
  const { decay = 0.9999, warmup = true, useAtEnd = true } = options;
  if (!(decay >= 0 && decay < 1))
    throw new RangeError(`Cannot average weights: expected decay in 0 … 1, but not 1, got ${decay}`);
  const pairs = model.variables
    .expectAll("average weights")
    .map(({ name, variable }) => ({ name, variable, average: tf.variable(variable, false) }));
  const update = trace(
    (kept: tf.Scalar) => {
      for (const { variable, average } of pairs)
        average.assign(average.sub(average.sub(variable).mul(tf.sub(1, kept))));
      return kept.clone();
    },
    { name: "averageWeights" },
  );
  let updates = 0;
  const use = (): void => pairs.forEach(({ variable, average }) => variable.assign(average));
  return {
    averages: Object.fromEntries(pairs.map(({ name, average }) => [name, average])),
    onStep: async ({ accumulated = 0 }) => {
      if (accumulated > 0) return;
      const kept = tf.scalar(warmup ? Math.min(decay, (1 + updates) / (10 + updates)) : decay);
      updates++;
      try {
        tf.dispose(await update(kept));
      } finally {
        kept.dispose();
      }
    },
    onTrainEnd: () => {
      if (useAtEnd) use();
    },
    using: (work) =>
      withOtherWeights(model, "use averages", () => {
        use();
        return work();
      }),
    dispose: () => {
      update.dispose();
      tf.dispose(pairs.map(({ average }) => average));
    },
  };
}
