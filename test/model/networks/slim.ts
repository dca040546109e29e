/** Networks compared with TF-Slim's own, test/oracle/slimnets.py. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { tf } from "../../../src/tensorflow";
import { Model, type ModelOptions } from "../../../src/model";
import { readFixture } from "../../fixtures";
import { distanceFrom, type FixtureArray, type Summary } from "../../patterns";
import { loadPatterns, patternBatch, relativeDistance } from "../patterned";

interface Mode {
  readonly logits: FixtureArray;
  readonly regularization: number;
  readonly endpoints: Readonly<Record<string, Summary>>;
  readonly moving?: { readonly means: readonly number[] };
}

interface NetworkFixture {
  readonly images: readonly [number, number, number, number];
  readonly table: {
    readonly count: number;
    readonly parameters: number;
    readonly variables: string;
    readonly regularized: string;
    readonly regularizedCount: number;
  };
  readonly inference: Mode;
  readonly training?: Mode;
}

const TOLERANCE = 1e-4;

/** Fails unless variables, endpoints, logits, weight decay and moving statistics are those of test/fixtures/slimnets.json. */
export function expectSlims(entry: string, options: ModelOptions): void {
  const fixture = readFixture<Record<string, NetworkFixture>>("slimnets")[entry] ?? assert.fail(entry);
  const model = new Model({ ...options, numClasses: 5, dropoutKeepProb: 1 });
  expectTable(model, fixture);
  loadPatterns(model.variables);
  const images = patternBatch("images", fixture.images);
  expectMode(model, images, fixture.inference, false);
  expectMode(model, images, fixture.training ?? fixture.inference, true);
  images.dispose();
  model.dispose();
}

/** What variables there are, in order, the head's among the last. */
function expectTable({ variables }: Model, { table }: NetworkFixture): void {
  const all = variables.all();
  const trainable = all.filter((variable) => variable.trainable);
  const regularized = all.filter(({ weightDecay }) => weightDecay > 0);
  const lines = all.map(({ name, variable }) => {
    const shape = name === "Predict/logits/weights" ? [1, 1, ...variable.shape] : variable.shape;
    return `${name} [${shape.join(", ")}]`;
  });
  const got = {
    count: all.length,
    parameters: trainable.reduce((sum, { variable }) => sum + variable.size, 0),
    regularized: sha256(regularized.map(({ name }) => name)),
    regularizedCount: regularized.length,
    variables: sha256(lines),
  };
  assert.deepEqual(got, table);
}

function expectMode(model: Model, images: tf.Tensor4D, expected: Mode, isTraining: boolean): void {
  tf.tidy(() => {
    const predictions = model.predict(images, { isTraining });
    const { logits, endpoints, updates } = predictions;
    const names = Object.keys(endpoints).filter((name) => name !== "global_pool");
    assert.deepEqual(names, Object.keys(expected.endpoints));
    for (const [name, summary] of Object.entries(expected.endpoints)) {
      const activation = endpoints[name] ?? assert.fail(`no endpoint "${name}"`);
      const distance = distanceFrom(summary, activation.dataSync(), activation.shape);
      assert.ok(distance < TOLERANCE, `${name}, training ${isTraining}: ${distance}`);
    }
    const distance = relativeDistance(logits.dataSync(), expected.logits.values);
    assert.ok(distance < TOLERANCE, `logits, training ${isTraining}: ${distance}`);
    const labels = tf.zeros<tf.Rank.R1>([images.shape[0]], "int32");
    const [decay = NaN] = model.loss(predictions, labels).regularization.dataSync();
    assert.ok(Math.abs(decay / expected.regularization - 1) < TOLERANCE, `${decay}`);
    const moving = updates
      .map(({ variable, value }) => [variable.name, value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, value]) => value.mean().dataSync()[0] ?? NaN);
    const means = expected.moving?.means ?? [];
    assert.equal(moving.length, means.length);
    means.forEach((mean, i) => {
      const difference = Math.abs((moving[i] ?? NaN) - mean) / Math.max(1, Math.abs(mean));
      assert.ok(difference < TOLERANCE, `moving statistic ${i}: ${difference}`);
    });
  });
}

function sha256(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}
