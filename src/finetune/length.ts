/** How many steps an epoch of a dataset has. */
import { Dataset } from "../input";
import { isEndless, leftOutOf, type Plan } from "../input/plan";
import type { Batch } from "../training";
import { batchSizeOf } from "../training/batch/size";
import { viewsOf } from "../training/features/epoch";

/**
 * Whole batches in one pass over the photos of a dataset, or all of one that ends.
 * @throws {RangeError} if that can't be told before reading
 */
export function stepsInEpoch(dataset: Dataset<Batch>): number {
  const steps = stepsOf(dataset.plan);
  if (steps !== undefined && steps >= 1) return steps;
  if (steps === undefined)
    throw new RangeError(
      "Cannot fine-tune: expected stepsPerEpoch, since it can't be told how many batches the dataset has before it is read, got undefined",
    );
  const photos = leftOutOf(dataset.plan)?.count ?? photosOf(dataset.plan) ?? 0;
  const size = batchSizeOf(dataset);
  const got =
    photos > 0 && size !== undefined ? `${photos} photos, fewer than a batch of ${size}` : "an empty one";
  throw new RangeError(`Cannot fine-tune: expected a dataset of at least a whole batch, got ${got}`);
}

function stepsOf(plan: Plan<unknown>): number | undefined {
  if (!isEndless(plan)) return plan.size?.();
  const [parent] = plan.parents;
  if (plan.name === "zip") return least(plan.parents.map(stepsOf));
  if (parent !== undefined && ["map", "prefetch"].includes(plan.name)) return stepsOf(parent);
  const [photos, batchSize] = [photosOf(plan), batchSizeOf(new Dataset(plan))];
  return photos === undefined || batchSize === undefined ? undefined : Math.floor(photos / batchSize);
}

/** What is zipped and never ends, as draws do, has no length. */
function least(lengths: readonly (number | undefined)[]): number | undefined {
  const known = lengths.filter((length) => length !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function photosOf(plan: Plan<unknown>): number | undefined {
  try {
    return viewsOf(new Dataset(plan), 1).rows;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // of epochs that can't be told
    throw error;
  }
}
