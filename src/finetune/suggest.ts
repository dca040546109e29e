/** What a learning rate finder's curve suggests, as fastai reads it. */

/** The learning rates that a curve suggests. */
export interface Suggestions {
  /** In the longest valley, between a third and a half of its way down. */
  readonly valley: number;
  /** Where the loss falls most for a step on the logarithmic axis. */
  readonly steep: number;
  /** A tenth of the rate of the least loss. */
  readonly minimum: number;
}

/** A point of the curve. */
export interface CurvePoint {
  readonly learningRate: number;
  readonly loss: number;
}

/** The last losses of a sweep are those of the divergence. */
export const skippedAtEnd = 5;

/**
 * What the curve of a sweep suggests. What is not a number, and all after it, does not count.
 * @param curve  smoothed losses by learning rate
 * @param numIt  steps that the sweep was planned for
 * @throws {RangeError} if too little is left of the curve
 * @see fastai 2.8.12, fastai/callback/schedule.py: Learner.lr_find, valley, steep, minimum
 */
export function suggestionsOf(curve: readonly CurvePoint[], numIt: number): Suggestions {
  const part = curve.slice(Math.floor(numIt / 10), -skippedAtEnd);
  const end = part.findIndex(({ loss }) => Number.isNaN(loss));
  const points = end < 0 ? part : part.slice(0, end);
  if (points.length < 2)
    throw new RangeError(
      `Cannot suggest a learning rate: expected 2 losses or more after the first ${Math.floor(numIt / 10)} and before the last ${skippedAtEnd} of the sweep, got ${points.length}: it diverged at once; begin with a smaller startLr`,
    );
  // In float32, as fastai's: of equal losses the first counts.
  const losses = points.map(({ loss }) => Math.fround(loss));
  const rateAt = (index: number): number => points.at(index)?.learningRate ?? NaN;
  return {
    valley: rateAt(valley(losses)),
    steep: rateAt(steepest(losses, points)),
    minimum: rateAt(least(losses)) / 10,
  };
}

/** In the longest run of losses each below the one before, others between them left out. */
function valley(losses: readonly number[]): number {
  const lengths = losses.map(() => 1);
  let end = 0;
  losses.forEach((loss, i) => {
    for (let j = 0; j < i; j++) {
      const longer = (lengths[j] ?? 0) + 1;
      if (loss < (losses[j] ?? NaN) && (lengths[i] ?? 0) < longer) lengths[i] = longer;
    }
    if ((lengths[end] ?? 0) < (lengths[i] ?? 0)) end = i;
  });
  const length = lengths[end] ?? 0;
  const third = length / 3;
  return end - length + Math.floor(third) + Math.floor(third / 2);
}

function steepest(losses: readonly number[], points: readonly CurvePoint[]): number {
  const logs = points.map(({ learningRate }) => Math.fround(Math.log(Math.fround(learningRate))));
  const slopes = losses.slice(1).map((loss, i) => {
    const fall = Math.fround(loss - (losses[i] ?? NaN));
    return Math.fround(fall / Math.fround((logs[i + 1] ?? NaN) - (logs[i] ?? NaN)));
  });
  return least(slopes);
}

/** The place of the least. */
function least(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}
