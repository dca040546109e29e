/** Where a dataset ends, and what it leaves out. */
import { Dataset, DatasetIterator, type LeftOut, type RecordError } from "../../input";
import { isEndless, leftOutOf as leftOutOfPlan, type Plan } from "../../input/plan";

/**
 * Refuses a dataset that would be evaluated for ever.
 * @throws {RangeError} that says what to set
 */
export function expectEnd(
  dataset: AsyncIterable<unknown>,
  what: "evaluate" | "validate" | "embed" | "interpret" | "score explanations",
): void {
  const plan = planOf(dataset);
  if (plan !== undefined && isEndless(plan))
    throw new RangeError(
      `Cannot ${what}: expected a dataset that ends${what === "evaluate" ? ", or steps" : ""}, got one without an end: give createInputFn() numEpochs: 1, or repeat() a count`,
    );
}

/** What a dataset leaves out of its batches, as far as it can tell. */
export function leftOutOf(dataset: AsyncIterable<unknown>): LeftOut | undefined {
  const plan = planOf(dataset);
  return plan && leftOutOfPlan(plan);
}

/** The records that a dataset has left out since they can't be decoded; none of an iteration of somebody's own. */
export function badOf(dataset: AsyncIterable<unknown>): readonly RecordError[] {
  return dataset instanceof Dataset || dataset instanceof DatasetIterator ? dataset.bad : [];
}

/** How it is made, unless it is an iteration of somebody's own. */
function planOf(dataset: AsyncIterable<unknown>): Plan<unknown> | undefined {
  return dataset instanceof Dataset || dataset instanceof DatasetIterator ? dataset.plan : undefined;
}

/** The error of an input without a batch. */
export function noBatches(what: string, leftOut: LeftOut | undefined): RangeError {
  const got =
    leftOut === undefined
      ? "an empty dataset"
      : `${leftOut.count} elements, fewer than one batch of ${leftOut.batchSize}: set dropRemainder: false, or a smaller batchSize`;
  return new RangeError(`Cannot ${what}: expected batches, got ${got}`);
}
