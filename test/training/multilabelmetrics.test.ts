import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display";
import { memory, tf } from "../../src/tensorflow";
import {
  accuracyMetric,
  createMetrics,
  hammingLossMetric,
  meanMetric,
  multiLabelAccuracyMetric,
  multiLabelAucMetric,
  multiLabelAveragePrecisionMetric,
  multiLabelF1Metric,
  multiLabelMetrics,
  multiLabelPrecisionMetric,
  multiLabelRecallMetric,
  subsetAccuracyMetric,
  type Average,
  type Metric,
  type MetricInputs,
  type MetricResult,
  type MultiLabelOutcomeOptions,
  type MultiLabelRankingOptions,
} from "../../src/training/metrics";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";

type Values = Readonly<Record<string, number | FixtureArray>>;
type Threshold = number | readonly number[];

const fixture = readFixture<{
  readonly thresholds: Readonly<Record<string, Threshold>>;
  readonly batches: Readonly<Record<string, Readonly<Record<string, FixtureArray>>>>;
  readonly plain: Values;
  readonly weighted: Values;
}>("multilabel");

const numClasses = 4;
const AVERAGES: readonly Average[] = ["macro", "weighted", "micro", "none"];

/** A metric by average: each has its own type of result. */
function byAverage<O extends { readonly average?: Average }>(
  make: {
    (options: O & { readonly average?: Exclude<Average, "none"> }): Metric;
    (options: O & { readonly average: "none" }): Metric<number[]>;
  },
  options: O,
  average: Average,
): Metric<MetricResult> {
  return average === "none" ? make({ ...options, average }) : make({ ...options, average });
}

/** Every metric, under the name of scikit-learn's value. */
function everyMetric() {
  const all: Record<string, Metric<MetricResult>> = {};
  for (const average of AVERAGES) {
    const ranked: MultiLabelRankingOptions = { numClasses };
    all[`averagePrecision/${average}`] = byAverage(multiLabelAveragePrecisionMetric, ranked, average);
    all[`auc/${average}`] = byAverage(multiLabelAucMetric, ranked, average);
    for (const [name, threshold] of Object.entries(fixture.thresholds)) {
      const options: MultiLabelOutcomeOptions = { numClasses, threshold };
      all[`precision/${average}/${name}`] = byAverage(multiLabelPrecisionMetric, options, average);
      all[`recall/${average}/${name}`] = byAverage(multiLabelRecallMetric, options, average);
      all[`f1/${average}/${name}`] = byAverage(multiLabelF1Metric, options, average);
    }
  }
  for (const [name, threshold] of Object.entries(fixture.thresholds)) {
    all[`subset/${name}`] = subsetAccuracyMetric({ numClasses, threshold });
    all[`hamming/${name}`] = hammingLossMetric({ numClasses, threshold });
  }
  return createMetrics(all);
}

function assertEqual(results: Readonly<Record<string, MetricResult>>, expected: Values): void {
  assert.deepEqual(Object.keys(results).sort(), Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    const wanted = typeof value === "number" ? [value] : value.values;
    const got = [results[name] ?? NaN].flat(2);
    assert.equal(got.length, wanted.length, name);
    got.forEach((one, i) => {
      const other = wanted[i] ?? NaN;
      assert.ok(Math.abs(one - other) <= 1e-6, `${name}: ${one}, scikit-learn ${other}`);
    });
  }
}

/** A state as it comes back from a file. */
function throughJson<T>(state: T): T {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- what was written
  return JSON.parse(JSON.stringify(state)) as T;
}

for (const weights of ["plain", "weighted"] as const)
  test(`metrics of several labels equal scikit-learn's, ${weights}, also merged from parts`, async () => {
    const before = memory().tensors;
    const [whole, merged] = [everyMetric(), everyMetric()];
    for (const batch of Object.values(fixture.batches)) {
      const inputs: Record<string, tf.Tensor> = {};
      for (const [name, { shape, values }] of Object.entries(batch))
        inputs[name] = tf.tensor([...values], [...shape], "float32");
      const given: MetricInputs = weights === "plain" ? { ...inputs, weights: undefined } : inputs;
      const part = everyMetric();
      await whole.update(given);
      await part.update(given);
      merged.merge(throughJson(part.state()));
      tf.dispose(inputs);
    }
    for (const every of [whole, merged]) assertEqual(every.result(), fixture[weights]);
    merged.reset();
    merged.merge(throughJson(whole.state()));
    assertEqual(merged.result(), fixture[weights]);
    assert.equal(memory().tensors, before);
  });

/** Updates metrics with rows of labels and probabilities. */
async function measure(
  metrics: Pick<Metric, "update">,
  labels: number[][] | number[],
  probabilities: number[][],
): Promise<void> {
  const inputs = {
    labels: Array.isArray(labels[0])
      ? tf.tensor(labels, undefined, "float32")
      : tf.tensor(labels, undefined, "int32"),
    probabilities: tf.tensor2d(probabilities),
    loss: tf.scalar(2),
  };
  try {
    await metrics.update(inputs);
  } finally {
    tf.dispose(inputs);
  }
}

test("a class that no example has, or all have, is NaN by itself and left out of the mean", async () => {
  const [one, each] = [{ numClasses: 3 }, { numClasses: 3, average: "none" }] as const;
  const precision = createMetrics({
    mean: multiLabelAveragePrecisionMetric(one),
    each: multiLabelAveragePrecisionMetric(each),
  });
  const auc = createMetrics({ mean: multiLabelAucMetric(one), each: multiLabelAucMetric(each) });
  assert.deepEqual([precision.result().mean, auc.result().mean], [0, 0]);
  const labels = [[1, 0, 1], [0, 0, 1], [1, 0, 1]]; // prettier-ignore
  const probabilities = [[0.9, 0.1, 0.5], [0.8, 0.2, 0.5], [0.7, 0.3, 0.5]]; // prettier-ignore
  await measure(precision, labels, probabilities);
  await measure(auc, labels, probabilities);
  const first = 0.5 + 0.5 * (2 / 3);
  assert.deepEqual(precision.result(), { mean: (first + 1) / 2, each: [first, NaN, 1] });
  assert.deepEqual(auc.result(), { mean: 0.5, each: [0.5, NaN, NaN] });
});

test("one class an example will do as labels, NaN is wrong wherever it is, and the results show as tables", async () => {
  const metrics = createMetrics({
    ...multiLabelMetrics({ numClasses: 2 }).metrics,
    loss: meanMetric({ per: "example" }),
    recall: multiLabelRecallMetric({ numClasses: 2, average: "none" }),
    precision: multiLabelPrecisionMetric({ numClasses: 2, average: "none" }),
  });
  await measure(metrics, [0, 1], [[0.9, 0.1], [0.2, 0.6]]); // prettier-ignore
  const perfect = { accuracy: 1, subsetAccuracy: 1, f1: 1, microF1: 1, meanAveragePrecision: 1, auc: 1 };
  assert.deepEqual(metrics.result(), { ...perfect, loss: 2, recall: [1, 1], precision: [1, 1] });
  assert.match(String(metrics), /class {2}precision {2}recall\n0 +1 +1\n1 +1 +1/);
  assert.match(String(bundleOf(metrics)["text/html"]), /microF1/);
  metrics.reset();
  await measure(metrics, [[1, 0], [0, 1]], [[NaN, NaN], [NaN, NaN]]); // prettier-ignore
  const { meanAveragePrecision, ...results } = metrics.result();
  const none = { accuracy: 0, subsetAccuracy: 0, f1: 0, microF1: 0, auc: 0 };
  assert.deepEqual(results, { ...none, loss: 2, recall: [0, 0], precision: [0, 0] });
  assert.equal(meanAveragePrecision, 0.5);
});

test("metrics of several labels refuse options and inputs that are none, and counts of others", async () => {
  const make = (threshold: Threshold) => () => subsetAccuracyMetric({ numClasses: 2, threshold });
  assert.throws(make(1.5), /^RangeError: Cannot make subset accuracy: expected threshold in 0 … 1, got 1.5$/);
  assert.throws(make([0.5]), /expected threshold to be one number, or 2, got 1$/);
  assert.throws(
    () => multiLabelAucMetric({ numClasses: 0 }),
    /expected numClasses a whole number of 1 or more, got 0/,
  );
  assert.throws(
    () =>
      // @ts-expect-error no such average
      multiLabelF1Metric({ numClasses: 2, average: "samples" }),
    /expected average "macro", .*, got "samples"/,
  );
  const f1 = multiLabelF1Metric({ numClasses: 2 });
  const row = [[0.5, 0.5]];
  await assert.rejects(
    measure(f1, [[1, 0, 0]], row),
    /expected labels float32 \[batch, 2\] or int32 \[batch\], got float32 \[1, 3\]/,
  );
  await assert.rejects(measure(f1, [[2, 0]], row), /expected labels in 0 … 1, got 2 at 0/);
  await assert.rejects(measure(f1, [2], row), /expected labels in 0 … 1, got 2 at 0/);
  await assert.rejects(measure(f1, [[1, 0]], [[1, -3]]), /expected probabilities in 0 … 1, got -3 at 1/);
  await assert.rejects(
    measure(f1, [[1, 0]], [[1]]),
    /expected float32 probabilities \[1, 2\], got float32 \[1, 1\]/,
  );
  await assert.rejects(
    measure(accuracyMetric(), [[1, 0]], row),
    /expected int32 labels \[batch\] \(of several classes an image multiLabelMetrics\(\)/,
  );
  assert.equal(f1.result(), 0);
  assert.throws(
    () => f1.merge(multiLabelF1Metric({ numClasses: 2, threshold: 0.3 }).state()),
    /expected thresholds 0.5,0.5|expected thresholds 0.5, 0.5/,
  );
  const auc = multiLabelAucMetric({ numClasses: 2 });
  assert.throws(
    () => auc.merge({ numClasses: [2], examples: [1, 0] }),
    /expected a multiple of 5 numbers as examples, got 2 values/,
  );
  const [accuracy, hamming] = [
    multiLabelAccuracyMetric({ numClasses: 2 }),
    hammingLossMetric({ numClasses: 2 }),
  ];
  for (const metric of [accuracy, hamming]) await measure(metric, [[1, 0], [1, 1]], [[0.6, 0.4], [0.6, 0.4]]); // prettier-ignore
  assert.deepEqual([accuracy.result(), hamming.result()], [0.75, 0.25]);
});
