/** Label errors against scikit-learn and cleanlab. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { learnConfidently, normalizedMargin, selfConfidence } from "../../src/embed/confident";
import { embeddingsOf } from "../../src/embed/embeddings";
import { heldOutProbabilities } from "../../src/embed/heads";
import { memory } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import type { FixtureArray } from "../patterns";

const fixture = readFixture<{
  readonly classes: number;
  readonly l2: number;
  readonly foldCount: number;
  readonly vectors: FixtureArray;
  readonly labels: FixtureArray;
  readonly folds: FixtureArray;
  readonly heldOut: FixtureArray;
  readonly probabilities: FixtureArray;
  /** Of the classes that have photos. */
  readonly thresholds: FixtureArray;
  readonly joint: readonly (readonly number[])[];
  readonly bySelfConfidence: readonly number[];
  readonly byNormalizedMargin: readonly number[];
  readonly margins: FixtureArray;
}>("labelerrors");

const [count = 0, dimensions = 0] = fixture.vectors.shape;
const rows = { count, dimensions, vectors: Float32Array.from(fixture.vectors.values) };
const labels = Int32Array.from(fixture.labels.values);
const held = { labels, numClasses: fixture.classes, probabilities: fixture.probabilities.values };

test("heads that have not seen a row give its probabilities as scikit-learn's LogisticRegression, and leave nothing", async () => {
  const before = memory();
  const folds = Int32Array.from(fixture.folds.values);
  const told: number[] = [];
  const options = { numClasses: fixture.classes - 1, folds: fixture.foldCount, l2: fixture.l2 };
  const got = await heldOutProbabilities(rows, labels, folds, { ...options, onProgress: ({ done }) => told.push(done) }); // prettier-ignore
  assert.deepEqual(memory(), before);
  const worst = fixture.heldOut.values.map((value, i) => Math.abs(value - (got[i] ?? NaN)));
  assert.ok(Math.max(...worst) < 1e-3, `expected differences below 0.001, got ${Math.max(...worst)}`);
  assert.deepEqual(told.slice(0, 3), [1, 2, 3]);
  const signal = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(heldOutProbabilities(rows, labels, folds, { ...options, signal }), /^Error: stopped$/);
  assert.deepEqual(memory(), before);
});

test("confident learning finds cleanlab's label issues, by its thresholds, in its order, also with a class without photos", () => {
  const { thresholds, joint, issues } = learnConfidently(held);
  fixture.thresholds.values.forEach((value, i) => assert.ok(Math.abs(value - (thresholds[i] ?? NaN)) < 1e-8));
  assert.deepEqual(thresholds.slice(fixture.thresholds.values.length), [undefined]);
  // cleanlab has at least one on the diagonal.
  const atLeastOne = joint.map((row, i) => row.map((one, j) => (i === j ? Math.max(one, 1) : one)));
  assert.deepEqual(atLeastOne, fixture.joint);
  const by = (score: typeof selfConfidence): number[] =>
    issues.map(({ photo }) => photo).sort((one, other) => score(held, one) - score(held, other));
  assert.deepEqual(by(selfConfidence), fixture.bySelfConfidence);
  assert.deepEqual(by(normalizedMargin), fixture.byNormalizedMargin);
  fixture.margins.values.forEach((margin, photo) =>
    assert.ok(Math.abs(margin - normalizedMargin(held, photo)) < 1e-8),
  );
});

const classNames = ["hat", "shoes", "<b>", "none"];
const filenames = Array.from({ length: count }, (_, photo) => `photos/${photo}.jpg`);
const photos = { ...rows, labels: [...labels], classNames, filenames, thumbnails: [] };

test("labelErrors() names photos whose labels are wrong, the worst first, the same with the same seed", async () => {
  const embeddings = embeddingsOf(photos);
  const found = await embeddings.labelErrors({ folds: 4, shown: 3 });
  assert.ok(found.photos.length > 3);
  const sure = found.photos.map((one) => one.selfConfidence);
  assert.deepEqual(sure, [...sure].sort((one, other) => one - other)); // prettier-ignore
  for (const { photo, filename, label, suggested } of found.photos) {
    assert.equal(filename, filenames[photo]);
    assert.equal(label, classNames[labels[photo] ?? -1]);
    assert.notEqual(label, suggested);
  }
  const swapped = found.photos.filter(({ photo }) => photo % 9 === 0).length;
  assert.ok(swapped >= 8, `expected 8 of the 14 wrong labels, got ${swapped}`);
  assert.deepEqual((await embeddings.labelErrors({ folds: 4 })).photos, found.photos);
  const margins = (await embeddings.labelErrors({ folds: 4, rankedBy: "normalizedMargin" })).photos.map((one) => one.normalizedMargin); // prettier-ignore
  assert.deepEqual(margins, [...margins].sort((one, other) => one - other)); // prettier-ignore
  assert.match(bundleOf(found)["text/plain"], /^\d+ of 120 labels are contradicted, the worst 3 of them; \d+\.\d % of the labels are told/); // prettier-ignore
});

test("labelErrors() refuses what it can't tell of", async () => {
  const of = (changed: readonly (number | number[])[]): Promise<unknown> =>
    embeddingsOf({ ...photos, labels: changed }).labelErrors();
  const [, ...others] = labels;
  await assert.rejects(of([3, ...others]), /^RangeError: Cannot find label errors: expected two photos or more of each class, got one of none, photo 0 \(photos\/0\.jpg\)$/); // prettier-ignore
  await assert.rejects(of([[0, 1], ...others]), /^TypeError: Cannot find label errors: expected one class a photo, got \[0, 1\] for photo 0/); // prettier-ignore
  await assert.rejects(of([...labels].map(() => 1)), /expected photos of two classes or more, got one$/); // prettier-ignore
  for (const [options, message] of [
    [{ folds: 1 }, "folds a whole number from 2 on, got 1"],
    [{ l2: 0 }, "l2 above 0, got 0"],
    [{ shown: 0 }, "shown a whole number from 1 on, got 0"],
    [{ seed: 0.5 }, "seed a whole number, got 0.5"],
  ] as const)
    await assert.rejects(embeddingsOf(photos).labelErrors(options), new RegExp(`^RangeError: Cannot find label errors: expected ${message}$`)); // prettier-ignore
});
