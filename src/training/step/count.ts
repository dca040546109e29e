import type { Model } from "../../model/model";

/** The updates that each model has behind it, by whatever steps. */
const counts = new WeakMap<Model, { globalStep: number }>();

/**
 * The step, whose globalStep is that of its model: all steps of a model count on, as all training ops of a graph of TensorFlow do.
 * @param globalStep  where the model is; undefined: where it stood
 */
export function counted<T extends { globalStep: number }>(
  step: T,
  model: Model,
  globalStep: number | undefined,
): T {
  const count = counts.get(model) ?? { globalStep: 0 };
  counts.set(model, count);
  if (globalStep !== undefined) count.globalStep = globalStep;
  return Object.defineProperty(step, "globalStep", {
    enumerable: true,
    get: () => count.globalStep,
    set: (value: number) => void (count.globalStep = value),
  });
}

/** The updates that a model has behind it. */
export function globalStepOf(model: Model): number {
  return counts.get(model)?.globalStep ?? 0;
}
