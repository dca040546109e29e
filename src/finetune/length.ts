/** How many steps an epoch of a dataset has. */
import type { Dataset } from "../input";
import { isEndless } from "../input/plan";
import type { Batch } from "../training";
import { batchSizeOf } from "../training/batch/size";
import { viewsOf } from "../training/features/epoch";

/**
 * Whole batches in one pass over the photos of a dataset, or all of one that ends.
 * @throws {RangeError} if that can't be told before reading
 */
export function stepsInEpoch(dataset: Dataset<Batch>): number {
  const { plan } = dataset;
  const steps = isEndless(plan) ? stepsOfEndless(dataset) : plan.size?.();
  if (steps !== undefined && steps >= 1) return steps;
  throw new RangeError(
    `Cannot fine-tune: expected stepsPerEpoch for a dataset whose length can't be told, or a dataset of at least a batch, got ${steps === undefined ? "neither" : "an empty one"}`,
  );
}

function stepsOfEndless(dataset: Dataset<Batch>): number | undefined {
  const batchSize = batchSizeOf(dataset);
  if (batchSize === undefined) return undefined;
  try {
    const photos = viewsOf(dataset, 1).rows;
    return photos === undefined ? undefined : Math.floor(photos / batchSize);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // of epochs that can't be told
    throw error;
  }
}
