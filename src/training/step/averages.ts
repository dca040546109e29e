/** Exponential moving averages of a model's variables, updated by a train step. */
import type { Model } from "../../model/model";
import { withOtherWeights } from "../../model/weights";
import { tf, versionOf } from "../../tensorflow";
import { AVERAGE } from "../saver/assignment";

/** The name in a checkpoint of a variable's average. */
export const averageOf = (name: string): string => `${name}/${AVERAGE}`;

/** Averages of all of a model's variables. */
export interface Averages {
  /** By their names in a checkpoint. */
  readonly slots: Readonly<Record<string, tf.Variable>>;
  /** Begins with what the variables are now, unless it has begun or was restored. */
  begin(this: void): void;
  /** How much stays of an average at the update that follows `globalStep` others. */
  decay(this: void, globalStep: number): number;
  /** Inside the compiled step: average ← average − (1 − decay) · (average − variable), of the variables that have changed. */
  follow(this: void, changed: readonly tf.Variable[], decay: tf.Scalar): void;
  dispose(this: void): void;
}

/**
 * The averages that a step's options ask for; undefined: none.
 * @throws {RangeError} if the decay is out of its range
 */
export function averagesOf(
  model: Model,
  { movingAverageDecay: decay }: { readonly movingAverageDecay?: number },
): Averages | undefined {
  return decay === undefined ? undefined : averagesWith(model, decay);
}

/**
 * Averages that decay by min(decay, (1 + n) / (10 + n)) at update n.
 * @param expected  what the decay is called, for the error
 * @throws {RangeError} if the decay is out of its range
 */
export function averagesWith(
  model: Model,
  decay: number,
  expected = "create train step: expected movingAverageDecay",
): Averages {
  if (!(decay >= 0 && decay < 1))
    throw new RangeError(`Cannot ${expected} in 0 … 1, but not 1, got ${decay}`);
  const pairs = model.variables.all().map(({ name, variable }) => {
    const average = tf.variable(variable, false); // shares the memory until one of both changes
    return { name, variable, average };
  });
  let first: readonly object[] | undefined = pairs.map(({ average }) => versionOf(average)); // until they begin
  return {
    slots: Object.fromEntries(pairs.map(({ name, average }) => [averageOf(name), average])),
    begin: () => {
      if (first === undefined) return;
      const isRestored = pairs.some(({ average }, i) => versionOf(average) !== first?.[i]);
      first = undefined;
      if (isRestored) return;
      for (const { variable, average } of pairs) average.assign(variable);
    },
    decay: (globalStep) => Math.min(decay, (2 + globalStep) / (11 + globalStep)),
    follow: (changed, kept) => {
      const part = tf.sub(1, kept);
      for (const { variable, average } of pairs)
        if (changed.includes(variable)) average.assign(average.sub(average.sub(variable).mul(part)));
    },
    dispose: () => tf.dispose(pairs.map(({ average }) => average)),
  };
}

/** The models that have their averages for the time being. */
const lent = new WeakSet<Model>();

/**
 * Begins the averages, if there are any and they have not begun, of a model that has its own weights.
 * @param what  what for, for the error
 * @throws {Error} if it has its moving averages
 */
export function beginAverages(model: Model, averages: Averages | undefined, what = "train"): void {
  expectOwnWeights(model, what);
  averages?.begin();
}

function expectOwnWeights(model: Model, what: string): void {
  if (!lent.has(model)) return;
  throw new Error(
    `Cannot ${what}: expected the model's own weights, got its moving averages; await withMovingAverages() first`,
  );
}

/** What averages are kept by: a train step. */
export interface Averaging {
  readonly model: Model;
  readonly slots: Readonly<Record<string, tf.Variable>>;
  readonly beforeSaving?: (this: void) => void;
}

/**
 * Runs work, such as an evaluation or an export, while a model has the moving averages that its train step keeps; then it has its
 * own weights again. Meanwhile it is not to be trained.
 * @param step  one with movingAverageDecay
 * @returns     what the work returns
 * @throws {RangeError} if the step keeps no averages
 * @throws {Error} if the model has its averages already
 * @example
 * const step = createTrainStep(model, { movingAverageDecay: 0.999 });
 * await train(step, batches, { steps: 400 });
 * const { accuracy } = await withMovingAverages(step, () => evaluate(model, testImages));
 * await withMovingAverages(step, () => exportSavedModel(model, "build/serving"));
 * @see tf.train.ExponentialMovingAverage.variables_to_restore
 */
export async function withMovingAverages<T>(step: Averaging, work: () => T | Promise<T>): Promise<T> {
  const { model, slots } = step;
  const pairs = model.variables.expectAll("use moving averages").map(({ name, variable }) => {
    const average = slots[averageOf(name)];
    if (average !== undefined) return { variable, average };
    throw new RangeError(
      `Cannot use moving averages: expected a train step with movingAverageDecay, got one without "${averageOf(name)}"`,
    );
  });
  expectOwnWeights(model, "use moving averages");
  step.beforeSaving?.();
  lent.add(model);
  try {
    return await withOtherWeights(model, "use moving averages", () => {
      for (const { variable, average } of pairs) variable.assign(average);
      return work();
    });
  } finally {
    lent.delete(model);
  }
}
