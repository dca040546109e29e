/** Metrics that are a mean over the examples: accuracy, top-k accuracy, loss. */
import {
  at,
  expectClasses,
  inputError,
  read,
  readExamples,
  readLabels,
  readProbabilities,
  readWeights,
} from "./inputs";
import { defineMetric, expectWhole, first, increase, ratio, type Metric, type Sums } from "./metric";

const sizes = { total: 1, count: 1 };
const meanOf = ({ total, count }: Sums<"total" | "count">): number => ratio(first(total), first(count));

/** The part of the examples that a test holds for, by weight. */
function addMatches(batch: number, weight: (index: number) => number, isMatch: (index: number) => boolean) {
  return ({ total, count }: Sums<"total" | "count">): void => {
    for (let index = 0; index < batch; index++) {
      increase(total, 0, isMatch(index) ? weight(index) : 0);
      increase(count, 0, weight(index));
    }
  };
}

/**
 * How often the predicted class is the label, as tf.metrics.accuracy. Needs `labels`, and `classes` or `probabilities`.
 * @example
 * const accuracy = accuracyMetric();
 * await accuracy.update({ labels, classes });
 * accuracy.result(); // 0.75
 */
export function accuracyMetric(): Metric {
  const name = "accuracy";
  return defineMetric({
    name,
    sizes,
    async read(inputs) {
      const { labels, classes, weight } = await readExamples(name, inputs);
      return addMatches(labels.length, weight, (index) => labels[index] === classes[index]);
    },
    result: meanOf,
  });
}

/** Options of topKMetric(). */
export interface TopKOptions {
  /** How many of the likeliest classes to look among. @default 5 */
  readonly k?: number;
}

/**
 * How often the label is among the k likeliest classes, as tf.math.in_top_k: classes as likely as the k-th all
 * count, and an example with a probability that is not finite never does. Needs `labels` and `probabilities` (or logits).
 * @throws {RangeError} if k is no whole number above 0
 */
export function topKMetric({ k = 5 }: TopKOptions = {}): Metric {
  const name = `top-${k} accuracy`;
  expectWhole(name, "k", k, 1);
  return defineMetric({
    name,
    sizes,
    options: { k: [k] },
    async read(inputs) {
      const labels = await readLabels(name, inputs);
      const { values, classes } = await readProbabilities(name, inputs, labels.length);
      const weight = await readWeights(name, inputs, labels.length);
      expectClasses(name, "labels", labels, classes);
      const isMatch = (row: number): boolean => inTopK(values, row * classes, classes, at(labels, row), k);
      return addMatches(labels.length, weight, isMatch);
    },
    result: meanOf,
  });
}

function inTopK(
  values: ArrayLike<number>,
  start: number,
  classes: number,
  label: number,
  k: number,
): boolean {
  const own = at(values, start + label);
  let above = 0;
  for (let index = start; index < start + classes; index++) {
    const value = at(values, index);
    if (!Number.isFinite(value)) return false;
    if (value > own) above++;
  }
  return above < k;
}

/** Options of meanMetric(). */
export interface MeanOptions {
  /** The name of the input to take the mean of. @default "loss" */
  readonly of?: string;
  /**
   * How much a scalar counts, which is a mean over its batch already: "batch", once, as tf.estimator's loss, or
   * "example", once for each of the `labels`, by weight, so that a smaller last batch counts less. @default "batch"
   */
  readonly per?: "batch" | "example";
}

/**
 * The mean of a loss or another value, as tf.metrics.mean. Needs the input that `of` names: float32 or int32, a scalar
 * or one value for each example, by weight. A scalar takes only a scalar weight, unless it counts per example.
 * @example
 * const loss = meanMetric({ per: "example" });
 * await loss.update({ loss: model.loss(predictions, labels).loss, labels });
 */
export function meanMetric({ of = "loss", per = "batch" }: MeanOptions = {}): Metric {
  const name = `mean of ${of}`;
  if (per !== "batch" && per !== "example") {
    throw new RangeError(`Cannot make ${name}: expected per "batch" or "example", got ${String(per)}`);
  }
  return defineMetric({
    name,
    sizes,
    options: { perExample: [per === "example" ? 1 : 0] },
    async read(inputs) {
      const input = inputs[of];
      const expected = `float32 or int32 ${of}, a scalar or [batch]`;
      if (input === undefined || input.rank > 1) throw inputError(name, expected, input);
      const { shape, values } = await read(name, expected, input, ["float32", "int32"]);
      if (shape.length === 0) return addScalar(at(values, 0), await scalarCount());
      const weight = await readWeights(name, inputs, values.length);
      return ({ total, count }) => {
        for (let index = 0; index < values.length; index++) {
          increase(total, 0, at(values, index) * weight(index));
          increase(count, 0, weight(index));
        }
      };

      /** How much the scalar of this batch counts. */
      async function scalarCount(): Promise<number> {
        if (per === "batch") return inputs.weights?.rank === 0 ? (await readWeights(name, inputs, 1))(0) : 1;
        const { labels } = inputs;
        const length = labels?.rank === 2 ? (labels.shape[0] ?? 0) : (await readLabels(name, inputs)).length;
        const weight = await readWeights(name, inputs, length);
        return Array.from({ length }, (_, index) => weight(index)).reduce((sum, one) => sum + one, 0);
      }
    },
    result: meanOf,
  });
}

function addScalar(value: number, times: number) {
  return ({ total, count }: Sums<"total" | "count">): void => {
    if (times === 0) return;
    increase(total, 0, value * times);
    increase(count, 0, times);
  };
}
