/** Reports, losses and calibration of fixed logits, against scikit-learn and SciPy. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { confusionMatrixOf } from "../../src/interpret/confusion";
import { interpretationOf } from "../../src/interpret/interpretation";
import type { Outcomes } from "../../src/interpret/outcomes";
import type { Scores } from "../../src/interpret/report";
import { bestTemperature } from "../../src/interpret/temperature";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";
import { fixedOutcomes as outcomes } from "./fixed";

interface CalibrationFixture {
  readonly counts: readonly number[];
  readonly accuracy: FixtureArray;
  readonly confidence: FixtureArray;
  readonly ece: number;
  readonly crossEntropy: number;
}

const fixture = readFixture<{
  readonly bins: number;
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly Scores[];
  readonly accuracy: number;
  readonly macro: Scores;
  readonly weighted: Scores;
  readonly losses: FixtureArray;
  readonly temperature: number;
  readonly plain: CalibrationFixture;
  readonly scaled: CalibrationFixture;
}>("interpret");

const { count, numClasses } = outcomes;
const found = interpretationOf(outcomes, () => Promise.reject(new Error("no photos here")));

function near(got: number, expected: number, within = 1e-8): void {
  assert.ok(Math.abs(got - expected) <= within, `expected ${expected}, got ${got}`);
}

function nearScores(got: Scores, expected: Scores): void {
  for (const key of ["precision", "recall", "f1", "support"] as const) near(got[key], expected[key]);
}

test("report() gives scikit-learn's classification_report, also of a class without photos", () => {
  const { classes, macro, weighted, accuracy, columns, rows } = found.report();
  fixture.classes.forEach((scores, i) => {
    const own = classes[i];
    assert.ok(own !== undefined);
    nearScores(own, scores);
  });
  nearScores(macro, fixture.macro);
  nearScores(weighted, fixture.weighted);
  near(accuracy, fixture.accuracy);
  assert.deepEqual(columns, ["class", "precision", "recall", "F1", "photos"]);
  assert.equal(rows.length, numClasses + 3);
  assert.equal(rows[3]?.["recall"], "0.000");
});

test("confusionMatrix() gives scikit-learn's counts, and their shares of each class", () => {
  const matrix = found.confusionMatrix();
  assert.deepEqual(matrix.counts, fixture.confusion);
  matrix.shares.forEach((row, i) =>
    near(
      row.reduce((sum, one) => sum + one, 0),
      (fixture.classes[i]?.support ?? 0) > 0 ? 1 : 0,
    ),
  );
  const { "application/vnd.plotly.v1+json": spec } = bundleOf(matrix);
  assert.match(JSON.stringify(spec), /"&lt;b>".*predicted.*actual/);
});

test("confusionMatrix() draws the classes most often confused where there are many, and says so", () => {
  const numClasses = 200;
  const labels = Int32Array.from({ length: 400 }, (_, photo) => photo % numClasses);
  const predicted = labels.map((label, photo) => (label === 7 && photo > numClasses ? 150 : label));
  const logits = new Float32Array(400 * numClasses);
  const many: Outcomes = {
    count: 400,
    numClasses,
    logits,
    labels,
    predicted,
    classNames: [],
    filenames: undefined,
  };
  const matrix = confusionMatrixOf(many, { classes: 2 });
  assert.equal(matrix.counts.length, numClasses);
  const text = JSON.stringify(bundleOf(matrix)["application/vnd.plotly.v1+json"]);
  assert.match(text, /"Photos by class: 2 most confused of 200"/);
  assert.match(text, /"x":\["class 7","class 150"\].*"z":\[\[0\.5,0\.5\],\[0,1\]\]/);
  assert.ok(JSON.stringify(bundleOf(confusionMatrixOf(many))).length < 300_000);
  assert.throws(() => confusionMatrixOf(many, { classes: 0 }), /^RangeError: Cannot show confusion matrix: expected classes a whole number from 1 on, got 0$/); // prettier-ignore
});

test("mostConfused() gives the pairs of different classes, the most first", () => {
  const { pairs } = found.mostConfused();
  const wrong = fixture.confusion.flatMap((row, i) => row.filter((_, j) => j !== i));
  assert.deepEqual(
    pairs.map((pair) => pair.count),
    wrong.filter((one) => one > 0).sort((one, other) => other - one),
  );
  const [first] = pairs;
  const [i, j] = [first?.actual, first?.predicted].map((name) => outcomes.classNames.indexOf(name ?? ""));
  assert.equal(fixture.confusion[i ?? -1]?.[j ?? -1], first?.count);
  assert.ok(found.mostConfused(5).pairs.every((pair) => pair.count >= 5));
  assert.throws(() => found.mostConfused(0), /^RangeError: Cannot tell confused classes: expected least a whole number from 1 on, got 0$/); // prettier-ignore
});

test("losses and probabilities are those of a softmax in doubles", () => {
  fixture.losses.values.forEach((loss, photo) => near(found.losses[photo] ?? NaN, loss, 1e-7));
  const probabilities = found.probabilities(3);
  near(
    probabilities.reduce((sum, one) => sum + one, 0),
    1,
  );
  near(-Math.log(probabilities[outcomes.labels[3] ?? 0] ?? NaN), found.losses[3] ?? NaN);
  assert.throws(() => found.probabilities(count), /^RangeError: Cannot tell probabilities: expected a photo's number in 0 … 89, got 90$/); // prettier-ignore
});

test("calibration() gives scikit-learn's curve, its error, and the temperature of least cross-entropy", () => {
  const { bins, ece, crossEntropy, temperature, scaled } = found.calibration({ bins: fixture.bins });
  assert.deepEqual(
    bins.map((bin) => bin.count),
    fixture.plain.counts,
  );
  bins
    .filter((bin) => bin.count > 0)
    .forEach(({ accuracy, confidence }, i) => {
      near(accuracy, fixture.plain.accuracy.values[i] ?? NaN, 1e-6);
      near(confidence, fixture.plain.confidence.values[i] ?? NaN, 1e-6);
    });
  near(ece, fixture.plain.ece);
  near(crossEntropy, fixture.plain.crossEntropy);
  near(temperature, fixture.temperature, 1e-6);
  near(scaled.ece, fixture.scaled.ece, 1e-6);
  near(scaled.crossEntropy, fixture.scaled.crossEntropy);
  assert.throws(() => found.calibration({ bins: 0 }), /^RangeError: Cannot calibrate: expected bins a whole number from 1 on, got 0$/); // prettier-ignore
});

test("calibration() keeps the temperature in its bounds where all or nothing is right, and finds one far from 1", () => {
  const of = (logits: readonly number[], labels: readonly number[]): number => {
    const count = labels.length;
    const predicted = Int32Array.from({ length: count }, (_, i) => ((logits[2 * i] ?? 0) < (logits[2 * i + 1] ?? 0) ? 1 : 0)); // prettier-ignore
    return bestTemperature({ count, numClasses: 2, logits: Float32Array.from(logits), labels: Int32Array.from(labels), predicted, classNames: [], filenames: undefined }); // prettier-ignore
  };
  near(of([5, 0, 0, 5], [0, 1]), 1 / 100, 1e-12);
  near(of([5, 0, 0, 5], [1, 0]), 100, 1e-12);
  for (const scale of [0.05, 1, 60])
    // three of four are right, so that the probability is to be 3/4
    near(of([scale, 0, scale, 0, scale, 0, scale, 0], [0, 0, 0, 1]) / scale, 1 / Math.log(3), 1e-6);
});
