import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readEvents, SummaryWriter } from "../../src/summary";
import { memory, tf } from "../../src/tensorflow";
import { createTrainStep, summarizeGradients } from "../../src/training";
import { patternBatch, thinModel, valuesOf } from "./thin";

test("withGradients() takes the same step and gives the gradients that inspect() shows, as clipped", async () => {
  const [{ image }, labels] = patternBatch("withGradients");
  const models = [thinModel({ isTraining: true }), thinModel({ isTraining: true })] as const;
  const [one, other] = [createTrainStep(models[0]), createTrainStep(models[1])] as const;
  await one(image, labels);
  tf.dispose((await other.withGradients(image, labels)).gradients);
  const before = memory();
  const inspected = await one.inspect(image, labels);
  const plain = await one(image, labels);
  const { gradients, ...result } = await other.withGradients(image, labels);
  assert.deepEqual(result, plain);
  assert.deepEqual(Object.keys(gradients), other.trained.map(({ name }) => name)); // prettier-ignore
  for (const [name, gradient] of Object.entries(gradients)) {
    const expected = valuesOf(inspected.gradients[name] ?? gradient.mul(NaN));
    const size = Math.max(1e-3, ...expected.map(Math.abs));
    valuesOf(gradient).forEach((value, i) => {
      assert.ok(Math.abs(value - (expected[i] ?? NaN)) <= 1e-3 * size, `${name}[${i}]`);
    });
  }
  inspected.dispose();
  tf.dispose(gradients);
  const weights = models.map((model) => model.variables.all().map(({ variable }) => valuesOf(variable)));
  assert.deepEqual(weights[0], weights[1]);
  assert.deepEqual(memory(), before);

  const clipping = createTrainStep(models[0], { clipGradientNorm: 0.01, gradientAccumulation: 2 });
  assert.deepEqual((await clipping.withGradients(image, labels)).gradients, {});
  const { gradients: clipped } = await clipping.withGradients(image, labels);
  const norms = tf.tidy(() =>
    Object.values(clipped).map((gradient) => valuesOf(tf.norm(gradient))[0] ?? NaN),
  );
  assert.ok(norms.length > 0 && norms.every((norm) => norm < 0.01 + 1e-6), String(Math.max(...norms)));
  tf.dispose([image, labels, clipped]);
  for (const step of [one, other, clipping]) step.dispose();
  for (const model of models) model.dispose();
});

test("summarizeGradients() writes each gradient's histogram and norm under TF-Slim's names", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "slimlab-gradients-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const model = thinModel({ isTraining: true });
  const [{ image }, labels] = patternBatch("summarizeGradients");
  const step = createTrainStep(model, { gradientNorms: true });
  const writer = new SummaryWriter(folder);
  const { gradients, globalStep, gradientNorms = {} } = await step.withGradients(image, labels);
  const before = memory();
  await summarizeGradients(writer, gradients, globalStep);
  assert.deepEqual(memory(), before);
  await writer.close();
  const wanted = new Map<string, unknown>();
  for (const [name, gradient] of Object.entries(gradients)) {
    const values = valuesOf(gradient);
    const [min, max] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    wanted.set(`summarize_grads/${name}_gradient`, { min, max, count: gradient.size });
    wanted.set(`summarize_grads/${name}_gradient_norm`, gradientNorms[name]);
  }
  for await (const { tag, step: at, kind, value } of readEvents(folder)) {
    assert.equal(at, 1);
    if (kind === "histogram") {
      const { min, max, count } = value;
      assert.deepEqual({ min, max, count }, wanted.get(tag), tag);
    } else assert.ok(Math.abs(Number(value) / Number(wanted.get(tag)) - 1) < 1e-5, tag);
    wanted.delete(tag);
  }
  assert.deepEqual([...wanted.keys()], []);
  tf.dispose([image, labels, gradients]);
  step.dispose();
  model.dispose();
});
