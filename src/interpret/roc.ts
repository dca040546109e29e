/** The receiver operating characteristic: what a threshold on the scores finds, and what it takes for it wrongly. */

/** A curve, from the threshold that nothing reaches to that which all does. */
export interface RocPoints {
  /** Of what is not of the class, the part whose score reaches the threshold, 0…1, ascending. */
  readonly falsePositiveRates: Float64Array;
  /** Of what is of the class, the part whose score reaches the threshold, 0…1, ascending. */
  readonly truePositiveRates: Float64Array;
  /** Descending, from Infinity on. */
  readonly thresholds: Float64Array;
  /** The area under it: the chance that one of the class has a greater score than one that is not, equal ones by half. */
  readonly auc: number;
}

/** Counts whose score reaches a threshold. */
interface Reached {
  readonly threshold: number;
  readonly right: number;
  readonly wrong: number;
}

/**
 * The curve of scores, without points between two others that the steps on both sides are the same to, as scikit-learn's
 * roc_curve(drop_intermediate=True); all points count in the area, as in roc_auc_score().
 * @param positives  scores of what is of the class, one or more; sorted in place
 * @param negatives  scores of what is not, one or more; sorted in place
 * @see scikit-learn 1.9, sklearn/metrics/_ranking.py
 */
export function rocOf(positives: Float64Array, negatives: Float64Array): RocPoints {
  const kept: Reached[] = [{ threshold: Infinity, right: 0, wrong: 0 }];
  let area = 0;
  let [before, last]: (Reached | undefined)[] = [];
  for (const next of reachedBy(positives, negatives)) {
    area += ((next.wrong - (last?.wrong ?? 0)) * (next.right + (last?.right ?? 0))) / 2;
    if (last !== undefined && (before === undefined || isCorner(before, last, next))) kept.push(last);
    [before, last] = [last, next];
  }
  if (last !== undefined) kept.push(last);
  return {
    falsePositiveRates: Float64Array.from(kept, ({ wrong }) => wrong / negatives.length),
    truePositiveRates: Float64Array.from(kept, ({ right }) => right / positives.length),
    thresholds: Float64Array.from(kept, ({ threshold }) => threshold),
    auc: area / positives.length / negatives.length,
  };
}

function isCorner(before: Reached, at: Reached, next: Reached): boolean {
  return (
    next.wrong - at.wrong !== at.wrong - before.wrong || next.right - at.right !== at.right - before.right
  );
}

/** How many scores reach each of them, from the greatest on. */
function* reachedBy(positives: Float64Array, negatives: Float64Array): Generator<Reached, void> {
  positives.sort();
  negatives.sort();
  let [right, wrong] = [positives.length, negatives.length]; // how many are below
  while (right + wrong > 0) {
    const threshold = Math.max(positives[right - 1] ?? -Infinity, negatives[wrong - 1] ?? -Infinity);
    while (right > 0 && positives[right - 1] === threshold) right--;
    while (wrong > 0 && negatives[wrong - 1] === threshold) wrong--;
    yield { threshold, right: positives.length - right, wrong: negatives.length - wrong };
  }
}
