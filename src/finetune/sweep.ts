/** The curve of a sweep of learning rates while it grows. */
import type { CurvePoint } from "./suggest";

/** How a sweep goes on. */
export interface SweepOptions {
  /** Steps. */
  readonly numIt: number;
  /** Whether the smoothed loss ends it when it is above four times its least. */
  readonly stopDiv: boolean;
  /** The learning rate of a step, counted from 0. */
  readonly rateAt: (step: number) => number;
}

/** A sweep that grows. */
export interface Sweep {
  /** Smoothed losses. */
  readonly curve: readonly CurvePoint[];
  /** Adds the loss of the next step. */
  add(loss: number): void;
  /** Whether it has come to its end. */
  isDone(): boolean;
}

/**
 * Smooths the values it is given, one after the other: exponentially, and corrected for the mean's beginning at 0.
 * @param smoothing  how much of the mean so far stays, 0 … 1, but 1
 * @see fastai 2.8.12: AvgSmoothLoss of learner.py
 */
export function averaged(smoothing = 0.98): (value: number) => number {
  let [mean, count] = [0, 0];
  return (value) => {
    mean = value + smoothing * (mean - value);
    return mean / (1 - smoothing ** ++count);
  };
}

/**
 * A sweep before its first step. Its losses are smoothed.
 * @see fastai 2.8.12: LRFinder of callback/schedule.py
 */
export function createSweep({ numIt, stopDiv, rateAt }: SweepOptions): Sweep {
  const curve: CurvePoint[] = [];
  const smooth = averaged();
  let [best, isDiverged] = [Infinity, false];
  const add = (given: number): void => {
    const loss = smooth(given);
    const push = (): void => void curve.push({ learningRate: rateAt(curve.length), loss });
    push();
    if (loss < best) best = loss;
    isDiverged = stopDiv && loss > 4 * best;
    // Weights that are no numbers stay so: what would follow is known.
    while (Number.isNaN(loss) && curve.length < numIt) push();
  };
  return { curve, add, isDone: () => isDiverged || curve.length >= numIt };
}
