/** ROC curves against scikit-learn's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { interpretationOf } from "../../src/interpret/interpretation";
import { rocOf, type RocPoints } from "../../src/interpret/roc";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";
import { fixedOutcomes as outcomes } from "./fixed";

interface CurveFixture {
  readonly falsePositiveRates: FixtureArray;
  readonly truePositiveRates: FixtureArray;
  /** Without the first, which is infinite. */
  readonly thresholds: FixtureArray;
  readonly auc: number;
}

const fixture = readFixture<{
  readonly classes: readonly CurveFixture[];
  readonly macro: number;
  readonly weighted: number;
  readonly tied: CurveFixture & { readonly scores: FixtureArray; readonly positive: FixtureArray };
}>("roc");

function nearAll(got: Float64Array, { values }: FixtureArray): void {
  assert.equal(got.length, values.length);
  values.forEach((value, i) => near(got[i], value));
}

function near(got: number | undefined, expected: number): void {
  assert.ok(got !== undefined && Math.abs(got - expected) < 1e-8, `expected ${expected}, got ${got}`);
}

function nearCurve(curve: Omit<RocPoints, "auc">, expected: CurveFixture): void {
  nearAll(curve.falsePositiveRates, expected.falsePositiveRates);
  nearAll(curve.truePositiveRates, expected.truePositiveRates);
  assert.equal(curve.thresholds[0], Infinity);
  nearAll(curve.thresholds.subarray(1), expected.thresholds);
}

test("rocCurves() gives scikit-learn's roc_curve and roc_auc_score of each class against the rest, and says which has none", async () => {
  const told: unknown[] = [];
  const found = interpretationOf(outcomes, () => Promise.reject(new Error("no photos here")));
  const roc = await found.rocCurves({ onProgress: (at) => told.push(at) });
  fixture.classes.forEach((expected, i) => {
    const { auc, curve } = roc.classes[i] ?? {};
    near(auc, expected.auc);
    assert.ok(curve !== undefined);
    nearCurve(curve, expected);
  });
  near(roc.macro, fixture.macro);
  near(roc.weighted, fixture.weighted);
  assert.deepEqual(roc.classes[3], { name: "<b>", support: 0, auc: undefined, curve: undefined });
  assert.deepEqual(told.at(-1), { done: 4, total: 4 });
  const bundle = bundleOf(roc);
  assert.match(bundle["text/plain"], /<b> +none: it has no photos +0\nmean of 3 classes/);
  const spec = JSON.stringify(bundle["application/vnd.plotly.v1+json"]);
  assert.match(spec, /ROC by class, mean area 0\.\d+"/);
  const { "application/vnd.plotly.v1+json": two } = bundleOf(await found.rocCurves({ classes: 2 }));
  assert.match(JSON.stringify(two), / \(2 worst of 3\)"/);
});

test("rocCurves() has no area of a class that all photos are of, and none at all", async () => {
  const same = { ...outcomes, labels: new Int32Array(outcomes.count) };
  const found = interpretationOf(same, () => Promise.reject(new Error("no photos here")));
  const { classes, macro, weighted } = await found.rocCurves();
  assert.deepEqual([classes[0]?.auc, macro, weighted], [undefined, undefined, undefined]);
  assert.match(bundleOf(await found.rocCurves())["text/plain"], /^hat +none: it has all photos +90$/m);
  await assert.rejects(found.rocCurves({ classes: 0 }), /^RangeError: Cannot show ROC curves: expected classes a whole number from 1 on, got 0$/); // prettier-ignore
});

test("rocOf() puts equal scores into one step, and leaves out points on the way", () => {
  const { scores, positive } = fixture.tied;
  const of = (wanted: number): Float64Array =>
    Float64Array.from(scores.values.filter((_, i) => positive.values[i] === wanted));
  const { auc, ...curve } = rocOf(of(1), of(0));
  near(auc, fixture.tied.auc);
  nearCurve(curve, fixture.tied);
});
