import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../src/model/model";
import { recomputable, tf, trace } from "../../src/tensorflow";
import { createTrainStep, type TrainStepOptions } from "../../src/training";
import { pattern } from "../patterns";
import { patternBatch, thinModel, valuesOf } from "./thin";

const NETWORK = "resnet_v1_50";
const UNIT = `${NETWORK}/block2/unit_4/bottleneck_v1`;

const CASES: Readonly<Record<string, TrainStepOptions>> = {
  "all layers": {},
  "the upper layers": {
    scopesToFreeze: [`${NETWORK}/conv1`, `${NETWORK}/block1`, `${NETWORK}/block2/unit_1`],
  },
  bfloat16: { precision: "bfloat16" },
  "gathered gradients": { gradientAccumulation: 2 },
  "checked and clipped gradients": { checkNumerics: true, gradientNorms: true, clipGlobalNorm: 1 },
};

function twins(version: "resnet_v1_50" | "resnet_v2_50" = NETWORK): [Model, Model] {
  const [one, other] = [thinModel({ architecture: version }), thinModel({ architecture: version })];
  const values = one.variables.all();
  other.variables.all().forEach(({ variable }, i) => variable.assign(values[i]?.variable ?? variable)); // prettier-ignore
  return [one, other];
}

function assertSame(actual: readonly number[], expected: readonly number[], what: string): void {
  const most = Math.max(1e-3, ...expected.map(Math.abs));
  const difference = Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? NaN))));
  assert.ok(difference <= 1e-6 * most, `${what}: ${difference} of ${most}`);
}

for (const [name, options] of Object.entries(CASES)) {
  test(`steps that compute blocks again give the same gradients, variables and moving statistics: ${name}`, async () => {
    const models = twins();
    const steps = models.map((model, i) =>
      createTrainStep(model, { learningRate: 0.005, recompute: i === 0 ? "none" : "blocks", ...options }),
    );
    for (let call = 0; call < 3; call++) {
      const [{ image }, labels] = patternBatch(`recompute/${call}`);
      const [held, again] = [await steps[0]?.withGradients(image, labels), await steps[1]?.withGradients(image, labels)];
      assert.equal(again?.loss, held?.loss);
      for (const [variable, gradient] of Object.entries(held?.gradients ?? {}))
        assertSame(valuesOf(again?.gradients[variable] ?? image), valuesOf(gradient), variable);
      tf.dispose([image, labels, held?.gradients ?? {}, again?.gradients ?? {}]);
    }
    const others = models[1].variables.all();
    models[0].variables.all().forEach(({ name: variable, variable: value }, i) => {
      assertSame(valuesOf(others[i]?.variable ?? value), valuesOf(value), variable);
    });
    const operations = steps.map((step) => step.signatures().map((one) => one.operations));
    assert.ok(operations[0]?.every((count, i) => count < (operations[1]?.[i] ?? NaN)), JSON.stringify(operations));
    [...steps, ...models].forEach((one) => one.dispose());
  }); // prettier-ignore
}

test("steps that compute blocks again begin at an endpoint, and so do networks that normalize first", async () => {
  for (const version of ["resnet_v1_50", "resnet_v2_50"] as const) {
    const models = twins(version);
    const endpoint = UNIT.replaceAll("_v1", version.slice(6, 9));
    const options = { scopesToFreeze: [`${version}/conv1`, `${version}/block1`, `${version}/block2`] };
    const steps = models.map((model, i) => createTrainStep(model, { ...options, recompute: i === 0 ? "none" : "blocks" })); // prettier-ignore
    const [{ image }, labels] = patternBatch("recompute/from");
    const activation = tf.tidy(() =>
      models[0].predict(models[0].preprocess(image)).endpoints[endpoint]?.mul<tf.Tensor4D>(1),
    );
    assert.ok(activation !== undefined);
    const [held, again] = [await steps[0]?.from(endpoint)(activation, labels), await steps[1]?.from(endpoint)(activation, labels)]; // prettier-ignore
    assert.equal(again?.loss, held?.loss);
    const [whole, wholeAgain] = [await steps[0]?.(image, labels), await steps[1]?.(image, labels)];
    assert.equal(wholeAgain?.loss, whole?.loss);
    const others = models[1].variables.all();
    models[0].variables.all().forEach(({ name, variable }, i) => {
      assertSame(valuesOf(others[i]?.variable ?? variable), valuesOf(variable), name);
    });
    tf.dispose([image, labels, activation]);
    [...steps, ...models].forEach((one) => one.dispose());
  }
});

test("what a block computes is not held: its operations are there twice", () => {
  tf.tidy(() => {
    const shape = [2, 6, 6, 8];
    const x = tf.tensor(pattern("x", shape), shape);
    const block = (y: tf.Tensor): tf.Tensor => recomputable(() => y.exp().sin().square());
    const gradient = (one: tf.Tensor): tf.Tensor => tf.grad((y) => block(block(y.mul(2))).sum())(one);
    const [held, again] = [trace(gradient), trace(gradient, { recompute: "blocks" })];
    assert.deepEqual(valuesOf(again.sync(x)), valuesOf(held.sync(x)));
    const count = (graph: Uint8Array, op: string): number => Buffer.from(graph).toString("latin1").split(`\x12${String.fromCharCode(op.length)}${op}`).length - 1; // prettier-ignore
    assert.deepEqual(["Exp", "Sin"].map((op) => [count(held.graph(), op), count(again.graph(), op)]), [[2, 4], [2, 4]]); // prettier-ignore
    [held, again].forEach((one) => one.dispose());
  });
});

test("what is to be computed again is blocks or none, and nothing of an eager step", () => {
  const model = thinModel();
  const wrong = "all" as "blocks"; // eslint-disable-line @typescript-eslint/consistent-type-assertions -- as JavaScript may say
  assert.throws(() => createTrainStep(model, { recompute: wrong }), /^RangeError: Cannot create train step: expected recompute "blocks" or "none", got "all"$/); // prettier-ignore
  assert.throws(() => createTrainStep(model, { recompute: "blocks", eager: true }), /^TypeError: Cannot create train step: expected recompute "none" of an eager one, got "blocks"$/); // prettier-ignore
  model.dispose();
});
