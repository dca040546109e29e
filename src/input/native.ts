/** Iterators in TensorFlow. */
import { createIterator, disposeLater, tf } from "../tensorflow";
import { allPlans, type ElementSpec, type Plan, type Start } from "./plan";

/** An iterator in TensorFlow. */
export interface Native {
  readonly value: tf.Tensor;
  free(): void;
}

/** How one was opened. */
export interface Opened {
  /** Elements that it left out at its start. */
  readonly skip: number;
  /** How many bad records it leaves out. */
  readonly without: number;
}

/** Opens one over a plan. */
export function openIterator(plan: Plan<unknown>, { types }: ElementSpec<unknown>, start: Start): Native {
  try {
    const value = tf.tidy(() => tf.keep(createIterator(plan.build(start), types)));
    const fillsCache = allPlans(plan).some((one) => one.fillsCache === true);
    const free = (): void => {
      if (fillsCache)
        value.dispose(); // who iterates next must find none that is being filled
      else disposeLater(value);
      start.draws.dispose();
    };
    return { value, free };
  } catch (error) {
    start.draws.dispose();
    throw error;
  }
}
