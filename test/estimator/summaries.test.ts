import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { Estimator, ModeKeys, type ModelFn, type ModelFnOptions } from "../../src/estimator";
import { readEvents, type EventPoint } from "../../src/summary";
import { memory, openCheckpoint, tf } from "../../src/tensorflow";
import { createTrainStep } from "../../src/training";
import { temporaryFolder, thinInput, thinModelFn } from "./thin";

const folder = temporaryFolder();

/** Trains and gives what the event file holds, by tag, and all the bits of the last checkpoint's weights. */
async function trained(
  name: string,
  options: ModelFnOptions,
  config: { readonly saveSummarySteps: number; readonly maxSteps: number },
): Promise<{ points: Map<string, EventPoint[]>; weights: Record<string, number[]>; withGradients: number }> {
  const { maxSteps, ...run } = config;
  const modelDir = join(folder, name);
  const [training, classifier] = [thinInput("summaries", "train"), thinModelFn(options)];
  let withGradients = 0;
  const modelFn: ModelFn<unknown> = (...args) => {
    const spec = classifier(...args);
    const { trainOp } = spec;
    assert.ok(trainOp);
    const take = trainOp.withGradients;
    trainOp.withGradients = (...batch) => {
      withGradients++;
      return take(...batch);
    };
    return spec;
  };
  const estimator = new Estimator({ modelFn, modelDir, config: { logStepCountSteps: 0, ...run } });
  await estimator.train({ inputFn: training.inputFn, maxSteps });
  const points = new Map<string, EventPoint[]>();
  for await (const point of readEvents(modelDir)) points.set(point.tag, [...(points.get(point.tag) ?? []), point]); // prettier-ignore
  const reader = openCheckpoint(join(modelDir, `model.ckpt-${maxSteps}`));
  const names = reader.variables.map((variable) => variable.name).filter((one) => one !== "iterator_state");
  const weights = tf.tidy(() => Object.fromEntries(names.map((one) => [one, [...reader.read(one).dataSync()].map(Number)]))); // prettier-ignore
  reader.close();
  await estimator.dispose();
  [classifier, training].forEach((one) => one.dispose());
  return { points, weights, withGradients };
}

const stepsOf = (points: readonly EventPoint[] | undefined): number[] => (points ?? []).map(({ step }) => step); // prettier-ignore

test("summarizeGradients writes TF-Slim's histograms and norms where a summary is due, and changes no bit of the training", async () => {
  const before = memory();
  const config = { saveSummarySteps: 3, maxSteps: 7 };
  const with_ = await trained("with", { summarizeVariables: true }, config);
  const without = await trained("without", { summarizeGradients: false }, config);
  assert.deepEqual(with_.weights, without.weights);
  assert.deepEqual([with_.withGradients, without.withGradients], [3, 0]);
  const norms = [...without.points.keys()].filter((tag) => tag.startsWith("gradient_norm/"));
  const names = norms.map((tag) => tag.slice("gradient_norm/".length));
  assert.ok(names.includes("Predict/logits/weights"));
  for (const name of names) {
    const norm = with_.points.get(`summarize_grads/${name}_gradient_norm`) ?? [];
    const gradient = with_.points.get(`summarize_grads/${name}_gradient`) ?? [];
    const variable = with_.points.get(name) ?? [];
    for (const points of [norm, gradient, variable]) assert.deepEqual(stepsOf(points), [1, 4, 7], name);
    const told = without.points.get(`gradient_norm/${name}`) ?? [];
    norm.forEach((point, i) => assertClose(numberOf(point), numberOf(told[i]), `${name}'s norm`));
    gradient.forEach((point, i) => {
      assert.ok(point.kind === "histogram");
      const { min, max, count } = point.value;
      assert.equal(count, with_.weights[name]?.length);
      const [largest, whole] = [Math.max(-min, max), numberOf(norm[i])];
      assert.ok(largest <= whole * 1.0001 && largest * Math.sqrt(count) >= whole * 0.9999, name);
    });
    const [last, values = []] = [variable.at(-1), with_.weights[name]];
    assert.ok(last?.kind === "histogram");
    const { min, max, count } = last.value;
    assert.deepEqual({ min, max, count }, { min: Math.min(...values), max: Math.max(...values), count: values.length }, name); // prettier-ignore
  }
  const tags = names.flatMap((name) => [`summarize_grads/${name}_gradient`, `summarize_grads/${name}_gradient_norm`]); // prettier-ignore
  const variables = [...with_.points.keys()].filter((tag) => with_.weights[tag] !== undefined);
  assert.ok(variables.some((name) => name.endsWith("moving_mean"))); // which has no gradient
  const rest = [...with_.points.keys()].filter((tag) => ![...tags, ...variables].includes(tag));
  assert.deepEqual(rest.sort(), ["accuracy", "crossEntropy", "learning_rate", "loss"]);
  assert.deepEqual(memory(), before);
});

test("with gradientAccumulation the gradients of an update are summarized, with frozen layers those of the others", async () => {
  const options = { gradientAccumulation: 3, trainableScopes: "Predict", clipGradientNorm: 0.01 };
  const { points } = await trained("gathered", options, { saveSummarySteps: 1, maxSteps: 2 });
  const norms = [...points].filter(([tag]) => tag.endsWith("_gradient_norm"));
  assert.deepEqual(norms.map(([tag]) => tag).sort(), [
    "summarize_grads/Predict/logits/biases_gradient_norm",
    "summarize_grads/Predict/logits/weights_gradient_norm",
  ]);
  for (const [tag, found] of norms) {
    assert.deepEqual(stepsOf(found), [1, 2], tag);
    for (const point of found) assert.ok(numberOf(point) < 0.01 + 1e-6, tag); // as applied, after clipping
  }
});

test("a gradient that is not finite ends the training at the next summary or the end, and leaves no tensor", async () => {
  const before = memory();
  const input = thinInput("summaries", "train");
  const classifier = thinModelFn();
  const modelFn: ModelFn<unknown> = (features, labels, mode, params, config) => {
    const spec = classifier(features, labels, mode, params, config);
    if (mode !== ModeKeys.TRAIN) return spec;
    spec.trainOp?.dispose();
    const options = { gradientMultipliers: { Predict: Number.MAX_VALUE }, summarizeGradients: true }; // prettier-ignore
    return { ...spec, trainOp: createTrainStep(spec.model, options) };
  };
  const estimator = new Estimator({ modelFn, modelDir: join(folder, "broken") });
  await assert.rejects(estimator.train({ inputFn: input.inputFn, maxSteps: 1 }), {
    name: "RangeError",
    message:
      /^Cannot write histogram "summarize_grads\/Predict\/logits\/(weights|biases)_gradient": expected finite values, got others$/,
  });
  await estimator.dispose();
  [classifier, input].forEach((one) => one.dispose());
  assert.deepEqual(memory(), before);
});

function numberOf(point: EventPoint | undefined): number {
  return point?.kind === "scalar" ? point.value : NaN;
}

function assertClose(actual: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-4 * Math.abs(expected),
    `${what}: expected ${expected}, got ${actual}`,
  );
}
