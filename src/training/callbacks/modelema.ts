import type { Model } from "../../model/model";
import { tf, trace } from "../../tensorflow";
import { averageOf, averagesWith, withMovingAverages } from "../step/averages";
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
 * average ← decay · average + (1 − decay) · value. They are those of createTrainStep()'s movingAverageDecay, which a Saver keeps and
 * which cost less, for the step updates them itself; here for any step, with a warm-up by the callback's own updates.
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
  const variables = model.variables.expectAll("average weights");
  const kept = averagesWith(model, decay, "average weights: expected decay");
  const all = variables.map(({ variable }) => variable);
  const averages = Object.fromEntries(
    variables.flatMap(({ name }) => {
      const average = kept.slots[averageOf(name)];
      return average === undefined ? [] : [[name, average] as const];
    }),
  );
  const update = trace(
    (stays: tf.Scalar) => {
      kept.follow(all, stays);
      return stays.clone();
    },
    { name: "averageWeights" },
  );
  let updates = 0;
  return {
    averages,
    onTrainBegin: () => kept.begin(),
    onStep: async ({ accumulated = 0 }) => {
      if (accumulated > 0) return;
      const stays = tf.scalar(warmup ? kept.decay(updates - 1) : decay);
      updates++;
      try {
        tf.dispose(await update(stays));
      } finally {
        stays.dispose();
      }
    },
    onTrainEnd: () => {
      if (useAtEnd) for (const { name, variable } of variables) variable.assign(averages[name] ?? variable);
    },
    using: (work) => withMovingAverages({ model, slots: kept.slots }, work),
    dispose: () => {
      update.dispose();
      kept.dispose();
    },
  };
}
