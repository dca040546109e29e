/** The temperature at which probabilities are most believable. */
import type { Outcomes } from "./outcomes";

/** The bounds of 1/T, and how near the best is come by, as a part of it. */
const [LEAST, MOST, NEAR] = [1 / 100, 100, 1e-10];
const PASSES = 100;

/**
 * By what logits are divided so that the mean cross-entropy is least, 1/100 … 100: by Newton's method in β = 1/T, in which it is
 * convex, −β z_y + log Σ exp(β z) a photo. Eight passes over the logits or so; where a step leaves what is known to hold the least, its
 * middle is next.
 * @see Guo et al. 2017 (arXiv 1706.04599), §4.2
 */
export function bestTemperature(outcomes: Outcomes): number {
  let beta = 1;
  let at = slopeAt(outcomes, beta);
  const bound = at.slope < 0 ? MOST : LEAST;
  if (slopeAt(outcomes, bound).slope * (at.slope < 0 ? 1 : -1) <= 0) return 1 / bound;
  let [low, high] = at.slope < 0 ? [beta, bound] : [bound, beta];
  for (let pass = 0; pass < PASSES; pass++) {
    const step = beta - at.slope / at.curvature;
    const next = step > low && step < high ? step : Math.sqrt(low * high);
    if (at.slope === 0 || Math.abs(next - beta) <= NEAR * beta) break;
    beta = next;
    at = slopeAt(outcomes, beta);
    if (at.slope < 0) low = beta;
    else high = beta;
  }
  return 1 / beta;
}

/** The first and second derivative of the mean cross-entropy by β: the mean of logits less that of the label, and their variance. */
function slopeAt(
  { logits, numClasses, labels, count }: Outcomes,
  beta: number,
): { readonly slope: number; readonly curvature: number } {
  let [slope, curvature] = [0, 0];
  for (let photo = 0; photo < count; photo++) {
    const from = photo * numClasses;
    let most = -Infinity;
    for (let i = from; i < from + numClasses; i++) most = Math.max(most, logits[i] ?? NaN);
    let [all, mean, square] = [0, 0, 0];
    for (let i = from; i < from + numClasses; i++) {
      const below = (logits[i] ?? NaN) - most;
      const weight = Math.exp(beta * below);
      all += weight;
      mean += weight * below;
      square += weight * below * below;
    }
    mean /= all;
    slope += mean + most - (logits[from + (labels[photo] ?? 0)] ?? NaN);
    curvature += square / all - mean * mean;
  }
  return { slope: slope / count, curvature: curvature / count };
}
