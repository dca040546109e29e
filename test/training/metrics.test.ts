import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display";
import { memory, tf } from "../../src/tensorflow";
import {
  accuracyMetric,
  aucMetric,
  confusionMatrixMetric,
  createMetrics,
  meanMetric,
  meanPerClassAccuracyMetric,
  precisionMetric,
  recallMetric,
  topKMetric,
  type Metric,
  type MetricInputs,
  type MetricResult,
} from "../../src/training/metrics";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

type Values = Readonly<Record<string, number>>;

interface MetricsFixture {
  readonly numClasses: number;
  readonly thresholds: readonly number[];
  readonly batches: Readonly<Record<string, Readonly<Record<string, FixtureArray>>>>;
  readonly streaming: Readonly<Record<"plain" | "weighted" | "empty" | "negatives", Values>>;
  readonly keras: Readonly<
    Record<"plain" | "weighted", Values & { readonly confusion: readonly number[][] }>
  >;
  readonly topKEdges: {
    readonly logits: readonly (readonly string[])[];
    readonly labels: number[];
    readonly isIn: Readonly<Record<string, readonly number[]>>;
  };
}

const fixture = readFixture<MetricsFixture>("metrics");
const { numClasses, thresholds } = fixture;

const SUMMATIONS = ["trapezoidal", "careful_interpolation", "minoring", "majoring"] as const;

/** A state as it comes back from a file. */
function throughJson<T>(state: T): T {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- what was written
  return JSON.parse(JSON.stringify(state)) as T;
}

/** A batch of the fixture as tensors; the caller disposes them. */
function tensorsOf(name: string): Record<string, tf.Tensor> {
  const batch = fixture.batches[name] ?? {};
  const isWhole = (key: string) => key === "labels" || key === "classes";
  const tensors: Record<string, tf.Tensor> = {};
  for (const [key, { shape, values }] of Object.entries(batch)) {
    tensors[key] = tf.tensor([...values], [...shape], isWhole(key) ? "int32" : "float32");
  }
  return tensors;
}

/** Every metric, under the name of TensorFlow's value. Those of "scores" see the scores as probabilities. */
function everyMetric() {
  const classes = {
    accuracy: accuracyMetric(),
    mean: meanMetric({ of: "losses" }),
    scalarMean: meanMetric({ of: "loss" }),
    precision: precisionMetric(),
    recall: recallMetric(),
    precisionOf3: precisionMetric({ classId: 3 }),
    recallOf3: recallMetric({ classId: 3 }),
    precisionOf3Above: precisionMetric({ classId: 3, threshold: 0.3 }),
    recallOf3Above: recallMetric({ classId: 3, threshold: 0.3 }),
    meanPerClassAccuracy: meanPerClassAccuracyMetric({ numClasses }),
    confusion: confusionMatrixMetric({ numClasses }),
    top1: topKMetric({ k: 1 }),
    top3: topKMetric({ k: 3 }),
    "auc/of3": aucMetric({ classId: 3 }),
    "aucPR/of3": aucMetric({ classId: 3, curve: "PR", summationMethod: "careful_interpolation" }),
  };
  const scores: Record<string, Metric> = { "auc/10": aucMetric({ numThresholds: 10 }) };
  for (const curve of ["ROC", "PR"] as const) {
    scores[`auc/${curve}/thresholds`] = aucMetric({ curve, thresholds });
    for (const summationMethod of SUMMATIONS) {
      scores[`auc/${curve}/${summationMethod}`] = aucMetric({ curve, summationMethod });
    }
  }
  return { classes: createMetrics(classes), scores: createMetrics(scores) };
}

type Every = ReturnType<typeof everyMetric>;

async function updateFrom(
  { classes, scores }: Every,
  tensors: MetricInputs,
  weighted = false,
): Promise<void> {
  const { losses, labels, weights, scores: probabilities } = tensors;
  const loss = losses?.mean();
  const weightsOrNone = weighted ? weights : undefined;
  await classes.update({ ...tensors, loss, weights: weightsOrNone });
  await scores.update({ labels, probabilities, weights: weightsOrNone });
  loss?.dispose();
}

function assertEqual({ classes, scores }: Every, expected: Values): void {
  const results: Record<string, unknown> = { ...scores.result(), ...classes.result() };
  for (const [name, value] of Object.entries(expected)) {
    if (name === "confusion" || name === "sparseAccuracy") continue;
    const got = Number(results[name]);
    assert.ok(
      Math.abs(got - value) <= 1e-6 * Math.max(1, Math.abs(value)),
      `${name}: ${got}, TensorFlow ${value}`,
    );
  }
}

for (const weights of ["plain", "weighted"] as const) {
  test(`the metrics equal TensorFlow's and Keras's, ${weights}, also merged from parts`, async () => {
    const before = memory().tensors;
    const [whole, ...parts] = [everyMetric(), everyMetric(), everyMetric(), everyMetric()];
    const merged = everyMetric();
    for (const [index, name] of Object.keys(fixture.batches).entries()) {
      const tensors = tensorsOf(name);
      const part = parts[index];
      assert.ok(whole !== undefined && part !== undefined);
      await updateFrom(whole, tensors, weights === "weighted");
      await updateFrom(part, tensors, weights === "weighted");
      tf.dispose(tensors);
    }
    for (const { classes, scores } of parts.reverse()) {
      merged.classes.merge(throughJson(classes.state()));
      merged.scores.merge(throughJson(scores.state()));
    }
    assert.ok(whole !== undefined);
    for (const every of [whole, merged]) {
      assertEqual(every, fixture.streaming[weights]);
      assertEqual(every, fixture.keras[weights]);
      every.classes
        .result()
        .confusion.flat()
        .forEach((value, index) => {
          const expected = fixture.keras[weights].confusion.flat()[index] ?? NaN;
          assert.ok(Math.abs(value - expected) < 1e-5, `confusion ${index}: ${value}, ${expected}`);
        });
    }
    if (weights === "plain") {
      assert.deepEqual(merged.scores.state(), whole.scores.state()); // counts: to the last bit
      assert.deepEqual(merged.classes.result().confusion, whole.classes.result().confusion);
    }
    assert.equal(memory().tensors, before);
  });
}

test("the metrics of nothing, after a reset and of an empty batch are TensorFlow's", async () => {
  const every = everyMetric();
  assertEqual(every, fixture.streaming.empty);
  const { labels, ...others } = tensorsOf("a");
  assert.ok(labels !== undefined);
  const none = labels.zerosLike();
  await updateFrom(every, { ...others, labels: none });
  assertEqual(every, fixture.streaming.negatives);
  every.classes.reset();
  every.scores.reset();
  const empty: Record<string, tf.Tensor> = {};
  for (const [key, tensor] of Object.entries({ labels, ...others })) empty[key] = tensor.slice([0], [0]);
  await every.classes.update({ ...empty, loss: empty["losses"] });
  await every.scores.update({ labels: empty["labels"], probabilities: empty["scores"] });
  assertEqual(every, fixture.streaming.empty);
  tf.dispose([labels, none, others, empty]);
});

test("topKMetric() decides ties and numbers that are not finite as tf.math.in_top_k", async () => {
  const { logits, labels, isIn } = fixture.topKEdges;
  for (const [k, expected] of Object.entries(isIn)) {
    for (const [row, label] of labels.entries()) {
      const metric = topKMetric({ k: Number(k) });
      const values = (logits[row] ?? []).map(Number);
      const inputs = { labels: tf.tensor1d([label], "int32"), probabilities: tf.tensor2d([values]) };
      await metric.update(inputs);
      tf.dispose(inputs);
      assert.equal(metric.result(), expected[row], `k ${k}, row ${row}`);
    }
  }
});

test("a NaN stays NaN through JSON, a scalar weight weighs, and a scalar loss may count by examples", async () => {
  const loss = meanMetric();
  await loss.update({ loss: tf.scalar(NaN) });
  const copy = meanMetric();
  copy.merge(throughJson(loss.state()));
  assert.deepEqual([loss.result(), copy.result()], [NaN, NaN]);
  const byExample = meanMetric({ per: "example" });
  await byExample.update({ loss: tf.scalar(2), labels: tf.tensor1d([0, 1, 1], "int32") });
  await byExample.update({ loss: tf.scalar(6), labels: tf.tensor1d([0], "int32") });
  assert.equal(byExample.result(), 3);
  const weighed = accuracyMetric();
  const classes = tf.tensor1d([1, 1], "int32");
  await weighed.update({ labels: classes, classes, weights: tf.scalar(3) });
  await weighed.update({ labels: tf.zerosLike(classes), classes });
  assert.equal(weighed.result(), 0.75);
});

test("without classes the likeliest counts, the first of equals", async () => {
  const accuracy = accuracyMetric();
  const probabilities = tf.tensor2d([[0.4, 0.4, 0.2], [0.1, 0.1, 0.8]]); // prettier-ignore
  await accuracy.update({ labels: tf.tensor1d([0, 2], "int32"), probabilities });
  assert.equal(accuracy.result(), 1);
});

test("bad inputs and options are refused by name, and not counted", async () => {
  const labels = tf.tensor1d([0, 7], "int32");
  const classes = tf.tensor1d([0, 1], "int32");
  const probabilities = tf.tensor2d([[0.5, 0.5], [NaN, 1]]); // prettier-ignore
  const refusals: readonly (readonly [Metric<MetricResult>, MetricInputs, string])[] = [
    [accuracyMetric(), { classes }, "accuracy: expected int32 labels [batch], got none"],
    [accuracyMetric(), { labels: labels.toFloat(), classes }, "accuracy: expected int32 labels [batch], got float32 [2]"],
    [accuracyMetric(), { labels, classes: classes.slice(0, 1) }, "accuracy: expected int32 classes [2], or probabilities, got int32 [1]"],
    [accuracyMetric(), { labels, classes, weights: tf.ones([3]) }, "accuracy: expected float32 or int32 weights [2] or a scalar, got float32 [3]"],
    [topKMetric(), { labels, probabilities }, "top-5 accuracy: expected labels in 0 … 1, got 7 at 1"],
    [topKMetric(), { labels }, "top-5 accuracy: expected float32 probabilities [2, classes], got none"],
    [meanMetric(), {}, "mean of loss: expected float32 or int32 loss, a scalar or [batch], got none"],
    [aucMetric(), { labels, probabilities: probabilities.slice([1]) }, "AUC (ROC): expected float32 probabilities [2, classes], got float32 [1, 2]"],
    [aucMetric(), { labels, probabilities: tf.ones([3]) }, "AUC (ROC): expected float32 probabilities [2] or [2, classes], got float32 [3]"],
    [aucMetric({ classId: 0 }), { labels, probabilities }, "AUC (ROC): expected probabilities in 0 … 1, got NaN"],
    [aucMetric(), { labels, probabilities: tf.ones([2, 3]) }, "AUC (ROC): expected 2 classes or the option classId, got 3 classes"],
    [precisionMetric({ threshold: 0.5, classId: 2 }), { labels, probabilities }, "precision: expected more than 2 classes, got 2"],
    [confusionMatrixMetric({ numClasses: 3 }), { labels, classes }, "confusion matrix: expected labels in 0 … 2, got 7 at 1"],
    [meanPerClassAccuracyMetric({ numClasses: 3 }), { labels, classes }, "mean per class accuracy: expected labels in 0 … 2, got 7 at 1"],
  ]; // prettier-ignore
  for (const [metric, inputs, message] of refusals) {
    await assert.rejects(metric.update(inputs), { message: `Cannot update ${message}` });
    assert.ok([metric.result()].flat(2).every((value) => value === 0));
  }
  const cannot = "Cannot make";
  assert.throws(() => topKMetric({ k: 0 }), {
    message: `${cannot} top-0 accuracy: expected k a whole number of 1 or more, got 0`,
  });
  assert.throws(() => aucMetric({ thresholds: [2] }), {
    message: `${cannot} AUC (ROC): expected thresholds in 0 … 1, got 2`,
  });
  assert.throws(() => recallMetric({ threshold: NaN }), {
    message: `${cannot} recall: expected threshold in 0 … 1, got NaN`,
  });
});

test("states of other metrics or options do not merge, and then nothing has", async () => {
  const classes = tf.tensor1d([0, 1], "int32");
  const make = (numClasses: number) =>
    createMetrics({ accuracy: accuracyMetric(), matrix: confusionMatrixMetric({ numClasses }) });
  const metrics = make(2);
  await metrics.update({ labels: classes, classes });
  const before = metrics.state();
  assert.throws(() => metrics.merge(make(3).state()), {
    name: "RangeError",
    message: "Cannot merge confusion matrix: expected 4 numbers as counts, got 9 values",
  });
  assert.throws(() => metrics.merge({ accuracy: before.accuracy }), {
    message: "Cannot merge metrics: expected accuracy, matrix, got accuracy",
  });
  assert.throws(() => aucMetric().merge(aucMetric({ classId: 3 }).state()), {
    message: "Cannot merge AUC (ROC): expected classId -1, got 3",
  });
  assert.throws(() => topKMetric().merge(accuracyMetric().state()), {
    message: "Cannot merge top-5 accuracy: expected a state of count, k, total, got count, total",
  });
  assert.deepEqual(metrics.state(), before);
});

test("createMetrics() shows itself as tables", async () => {
  const classes = tf.tensor1d([0, 1], "int32");
  const metrics = createMetrics({
    accuracy: accuracyMetric(),
    matrix: confusionMatrixMetric({ numClasses: 2 }),
  });
  await metrics.update({ labels: tf.zerosLike(classes), classes });
  const text =
    "metric    value\naccuracy    0.5\n\nmatrix: labels down, predictions across\nlabel  0  1\n0      1  1\n1      0  0";
  assert.equal(String(metrics), text);
  const bundle = bundleOf(metrics);
  assert.equal(bundle["text/plain"], text);
  assert.match(
    String(bundle["text/html"]),
    /^<div[^>]*><table>.*accuracy.*0\.5.*<\/table><\/div><div[^>]*><table><caption.*matrix.*<\/table><\/div>$/,
  );
});
