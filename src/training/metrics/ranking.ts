/** How well probabilities rank examples of several classes, whatever the threshold. */
import { averageOf, expectAverage, type Average } from "./average";
import { at } from "./inputs";
import { readLabelRows, type MultiLabelOptions } from "./labelrows";
import { defineMetric, expectWhole, type Metric } from "./metric";

/** Options of multiLabelAveragePrecisionMetric() and multiLabelAucMetric(). */
export interface MultiLabelRankingOptions extends MultiLabelOptions {
  /** @default "macro": of average precision, the mean average precision (mAP) */
  readonly average?: Average;
}

type ByClassOptions = MultiLabelRankingOptions & { readonly average: "none" };
type OneOptions = MultiLabelRankingOptions & { readonly average?: Exclude<Average, "none"> };

/** Examples of one probability: how many have the class and how many have not, by weight. */
interface Tie {
  readonly positives: number;
  readonly negatives: number;
}

/**
 * Average precision Σ (Rₙ − Rₙ₋₁) Pₙ over all thresholds, exactly as scikit-learn's average_precision_score; of a class that no example
 * has it is NaN by itself and left out of the mean, as torchmetrics does, where scikit-learn takes 0. 0 where nothing was counted.
 * Keeps all probabilities until reset(): 16 bytes an example and class. Needs `labels`, float32 [batch, classes] or int32 [batch], and
 * `probabilities`; one that is NaN ranks where it is most wrong.
 * @throws {RangeError} if an option is out of range
 * @example
 * const meanAveragePrecision = multiLabelAveragePrecisionMetric({ numClasses: 3 });
 */
export function multiLabelAveragePrecisionMetric(options: OneOptions): Metric;
export function multiLabelAveragePrecisionMetric(options: ByClassOptions): Metric<number[]>;
export function multiLabelAveragePrecisionMetric(
  options: MultiLabelRankingOptions,
): Metric<number | number[]> {
  return rankingMetric("average precision", options, averagePrecision);
}

/**
 * The area under the receiver operating characteristic, exactly as scikit-learn's roc_auc_score: how often an example that has a class
 * has more of its probability than one that has not; of a class that all examples have, or none, it is NaN by itself and left out of
 * the mean. Keeps and needs what multiLabelAveragePrecisionMetric() does.
 * @throws {RangeError} if an option is out of range
 */
export function multiLabelAucMetric(options: OneOptions): Metric;
export function multiLabelAucMetric(options: ByClassOptions): Metric<number[]>;
export function multiLabelAucMetric(options: MultiLabelRankingOptions): Metric<number | number[]> {
  return rankingMetric("AUC of each class", options, areaUnderCurve);
}

/** Of each example its weight, then of each class whether it has it, and its probability. */
interface Scored {
  readonly weight: number;
  readonly has: boolean;
  readonly probability: number;
}

function rankingMetric(
  name: string,
  { numClasses, average = "macro" }: MultiLabelRankingOptions,
  measure: (ties: readonly Tie[]) => number,
): Metric<number | number[]> {
  expectWhole(name, "numClasses", numClasses, 1);
  expectAverage(name, average);
  const size = 1 + 2 * numClasses;
  return defineMetric({
    name,
    sizes: { examples: { perExample: size } },
    options: { numClasses: [numClasses] },
    async read(inputs) {
      const { batch, has, probability, weight } = await readLabelRows(name, inputs, { numClasses });
      return ({ examples }) => {
        for (let row = 0; row < batch; row++) {
          examples.push(weight(row));
          for (let index = 0; index < numClasses; index++)
            examples.push(has(row, index) ? 1 : 0, probability(row, index));
        }
      };
    },
    result: ({ examples }) => {
      const count = examples.length / size;
      const classes = Array.from({ length: numClasses }, (_, index) =>
        Array.from({ length: count }, (__, row) => scoredAt(examples, row * size, index)),
      );
      if (average === "micro") return averageOf({ values: [measure(tiesOf(classes.flat()))], support: [] }, "macro"); // prettier-ignore
      const values = classes.map((scored) => measure(tiesOf(scored)));
      const support = classes.map((all) => all.reduce((sum, { has, weight }) => sum + (has ? weight : 0), 0));
      return average === "none" ? values : averageOf({ values, support }, average);
    },
  });
}

function scoredAt(examples: readonly number[], start: number, index: number): Scored {
  const has = at(examples, start + 1 + 2 * index) === 1;
  const probability = at(examples, start + 2 + 2 * index);
  const worst = has ? -1 : 2;
  return { weight: at(examples, start), has, probability: Number.isNaN(probability) ? worst : probability };
}

/** By probability, the greatest first. */
function tiesOf(scored: Scored[]): Tie[] {
  scored.sort((one, other) => other.probability - one.probability);
  const ties: { positives: number; negatives: number }[] = [];
  let last: number | undefined;
  for (const { has, probability, weight } of scored) {
    if (probability !== last) ties.push({ positives: 0, negatives: 0 });
    last = probability;
    const tie = ties.at(-1);
    if (tie !== undefined) tie[has ? "positives" : "negatives"] += weight;
  }
  return ties;
}

function averagePrecision(ties: readonly Tie[]): number {
  let [positives, all, sum] = [0, 0, 0];
  for (const tie of ties) {
    positives += tie.positives;
    all += tie.positives + tie.negatives;
    if (tie.positives > 0) sum += (tie.positives * positives) / all;
  }
  return sum / positives;
}

function areaUnderCurve(ties: readonly Tie[]): number {
  let [positives, negatives, sum] = [0, 0, 0];
  for (const tie of ties) {
    sum += tie.negatives * (positives + tie.positives / 2);
    positives += tie.positives;
    negatives += tie.negatives;
  }
  return sum / (positives * negatives);
}
