/** Metrics of one class against the rest: precision and recall. */
import {
  at,
  inputError,
  read,
  readClasses,
  readLabels,
  readProbabilities,
  readWeights,
  type MetricInputs,
} from "./inputs";
import { defineMetric, expectWhole, first, increase, type Metric, type Sums } from "./metric";

/** Options of precisionMetric() and recallMetric(). */
export interface BinaryOptions {
  /** The class that counts as positive. @default every class but 0, as tf.metrics casts labels to bool */
  readonly classId?: number;
  /**
   * An example is predicted positive if the probability of `classId` (1 if not given) is above this, as in
   * tf.keras.metrics; needs `probabilities`. @default the predicted class decides
   */
  readonly threshold?: number;
}

type Outcomes = Sums<"truePositives" | "falsePositives" | "falseNegatives">;

/**
 * How many of the examples predicted positive are so, as tf.metrics.precision; 0 where none is predicted.
 * Needs `labels`, and `classes` or `probabilities`.
 * @throws {RangeError} if an option is out of range
 * @example
 * const precision = precisionMetric({ classId: 3 });
 */
export function precisionMetric(options: BinaryOptions = {}): Metric {
  return outcomeMetric("precision", options, ({ truePositives, falsePositives }) =>
    part(first(truePositives), first(falsePositives)),
  );
}

/**
 * How many of the positive examples are predicted so, as tf.metrics.recall; 0 where there is none.
 * Needs `labels`, and `classes` or `probabilities`.
 * @throws {RangeError} if an option is out of range
 */
export function recallMetric(options: BinaryOptions = {}): Metric {
  return outcomeMetric("recall", options, ({ truePositives, falseNegatives }) =>
    part(first(truePositives), first(falseNegatives)),
  );
}

function part(right: number, wrong: number): number {
  return right + wrong > 0 ? right / (right + wrong) : 0;
}

function outcomeMetric(name: string, options: BinaryOptions, result: (sums: Outcomes) => number): Metric {
  const { classId, threshold } = options;
  if (classId !== undefined) expectWhole(name, "classId", classId, 0);
  if (threshold !== undefined && !(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`Cannot make ${name}: expected threshold in 0 … 1, got ${threshold}`);
  }
  return defineMetric({
    name,
    sizes: { truePositives: 1, falsePositives: 1, falseNegatives: 1 },
    options: { classId: [classId ?? -1], threshold: [threshold ?? -1] },
    async read(inputs) {
      const labels = await readLabels(name, inputs);
      const predicted = await readPositives(name, inputs, labels.length, options);
      const weight = await readWeights(name, inputs, labels.length);
      return ({ truePositives, falsePositives, falseNegatives }) => {
        for (let index = 0; index < labels.length; index++) {
          const isPositive = isPositiveClass(at(labels, index), classId);
          if (isPositive && predicted(index)) increase(truePositives, 0, weight(index));
          if (isPositive && !predicted(index)) increase(falseNegatives, 0, weight(index));
          if (!isPositive && predicted(index)) increase(falsePositives, 0, weight(index));
        }
      };
    },
    result,
  });
}

async function readPositives(
  name: string,
  inputs: MetricInputs,
  batch: number,
  { classId, threshold }: BinaryOptions,
): Promise<(index: number) => boolean> {
  if (threshold === undefined) {
    const classes = await readClasses(name, inputs, batch);
    return (index) => isPositiveClass(at(classes, index), classId);
  }
  const probability = await readProbabilityOf(name, inputs, batch, classId);
  const limit = Math.fround(threshold);
  for (let index = 0; index < batch; index++)
    if (!(probability(index) >= 0 && probability(index) <= 1))
      throw new RangeError(
        `Cannot update ${name}: expected probabilities in 0 … 1, got ${probability(index)} at ${index}`,
      );
  return (index) => probability(index) > limit;
}

/** Whether a label or a predicted class is the positive one, or any above 0. */
export function isPositiveClass(value: number, classId: number | undefined): boolean {
  return classId === undefined ? value > 0 : value === classId;
}

/** Reads the probability that each example is positive, as a function of its index. */
export async function readProbabilityOf(
  name: string,
  inputs: MetricInputs,
  batch: number,
  classId: number | undefined,
): Promise<(index: number) => number> {
  const { probabilities } = inputs;
  if (probabilities?.rank === 1) {
    const expected = `float32 probabilities [${batch}] or [${batch}, classes]`;
    if (probabilities.shape[0] !== batch) throw inputError(name, expected, probabilities);
    const { values } = await read(name, expected, probabilities, ["float32"]);
    return (index) => at(values, index);
  }
  const { values, classes } = await readProbabilities(name, inputs, batch);
  if (classId === undefined && classes !== 2) {
    throw new RangeError(
      `Cannot update ${name}: expected 2 classes or the option classId, got ${classes} classes`,
    );
  }
  const column = classId ?? 1;
  if (column >= classes) {
    throw new RangeError(`Cannot update ${name}: expected more than ${column} classes, got ${classes}`);
  }
  return (index) => at(values, index * classes + column);
}
