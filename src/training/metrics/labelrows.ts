/** What metrics of several classes an example are made from. */
import { at, inputError, read, readProbabilities, readWeights, type MetricInputs } from "./inputs";
import { expectWhole } from "./metric";

/** Options of metrics of several classes an example. */
export interface MultiLabelOptions {
  /** How many classes there are: 1 or more. */
  readonly numClasses: number;
}

/** Options of those that ask which classes are predicted. */
export interface MultiLabelThresholdOptions extends MultiLabelOptions {
  /**
   * A class is predicted where its probability is above this: one for all classes, or one for each, 0 … 1.
   * @default 0.5
   */
  readonly threshold?: number | readonly number[];
}

/** A batch of examples, by row and class. */
export interface LabelRows {
  readonly batch: number;
  /** Whether an example has a class. */
  readonly has: (row: number, index: number) => boolean;
  /** A class's probability; NaN where it is. */
  readonly probability: (row: number, index: number) => number;
  /** How much an example counts. */
  readonly weight: (row: number) => number;
}

/**
 * Reads labels float32 [batch, classes], an example having the classes that are above 1/2, or int32 [batch], its one class;
 * probabilities and weights.
 */
export async function readLabelRows(
  metric: string,
  inputs: MetricInputs,
  { numClasses }: MultiLabelOptions,
): Promise<LabelRows> {
  const { labels } = inputs;
  const expected = `labels float32 [batch, ${numClasses}] or int32 [batch]`;
  const isOne = labels?.rank === 1 && labels.dtype === "int32";
  const isRows = labels?.rank === 2 && labels.dtype === "float32" && labels.shape[1] === numClasses;
  if (!isOne && !isRows) throw inputError(metric, expected, labels);
  const batch = labels.shape[0] ?? 0;
  const truth = (await read(metric, expected, labels, ["float32", "int32"])).values;
  expectValues(metric, "labels", truth, (value) => value >= 0 && value <= (isOne ? numClasses - 1 : 1), isOne ? numClasses - 1 : 1); // prettier-ignore
  const { values, classes } = await readProbabilities(metric, inputs, batch);
  if (classes !== numClasses)
    throw inputError(metric, `float32 probabilities [${batch}, ${numClasses}]`, inputs.probabilities);
  expectValues(metric, "probabilities", values, (value) => Number.isNaN(value) || (value >= 0 && value <= 1), 1); // prettier-ignore
  return {
    batch,
    has: isOne
      ? (row, index) => at(truth, row) === index
      : (row, index) => at(truth, row * numClasses + index) > 0.5,
    probability: (row, index) => at(values, row * numClasses + index),
    weight: await readWeights(metric, inputs, batch),
  };
}

function expectValues(
  metric: string,
  what: string,
  values: ArrayLike<number>,
  isRight: (value: number) => boolean,
  most: number,
): void {
  for (let index = 0; index < values.length; index++)
    if (!isRight(at(values, index)))
      throw new RangeError(
        `Cannot update ${metric}: expected ${what} in 0 … ${most}, got ${at(values, index)} at ${index}`,
      );
}

/** Whether a class is predicted of an example; where its probability is NaN, what is wrong. */
export function isPredicted(
  { has, probability }: LabelRows,
  thresholds: readonly number[],
  row: number,
  index: number,
): boolean {
  const value = probability(row, index);
  return Number.isNaN(value) ? !has(row, index) : value > at(thresholds, index);
}

/**
 * The thresholds by class, as float32.
 * @throws {RangeError} if numClasses is no whole number above 0, or thresholds are not in 0 … 1, one for all or for each class
 */
export function thresholdsOf(
  metric: string,
  { numClasses, threshold = 0.5 }: MultiLabelThresholdOptions,
): number[] {
  expectWhole(metric, "numClasses", numClasses, 1);
  const all = typeof threshold === "number" ? new Array<number>(numClasses).fill(threshold) : threshold;
  if (all.length !== numClasses)
    throw new RangeError(
      `Cannot make ${metric}: expected threshold to be one number, or ${numClasses}, got ${all.length}`,
    );
  const wrong = all.find((one) => !(one >= 0 && one <= 1));
  if (wrong !== undefined)
    throw new RangeError(`Cannot make ${metric}: expected threshold in 0 … 1, got ${wrong}`);
  return all.map(Math.fround);
}
