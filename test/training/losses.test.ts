import assert from "node:assert/strict";
import { test } from "node:test";
import { Estimator } from "../../src/estimator";
import { Dataset } from "../../src/input";
import { memory, tf } from "../../src/tensorflow";
import { accuracyMetric, createMetrics, createTrainStep, evaluate, type Batch } from "../../src/training";
import { thinModelFn } from "../estimator/thin";
import { batchesOf, patternBatch, thinModel, valuesOf } from "./thin";

/** The same batches, with labels float32 [batch, classes] as `rowsOf` makes them of classes. */
async function* withRows(
  batches: AsyncIterable<Batch>,
  rowsOf: (rows: tf.Tensor) => tf.Tensor,
): AsyncGenerator<Batch> {
  for await (const [features, labels] of batches) {
    const rows = tf.tidy(() => rowsOf(tf.oneHot(labels.as1D(), 5).toFloat()).as2D(-1, 5));
    yield [features, rows];
    rows.dispose();
  }
}
const same = (rows: tf.Tensor): tf.Tensor => rows;
const mixed = (rows: tf.Tensor): tf.Tensor => rows.mul(0.7).add(rows.reverse(0).mul(0.3));
const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) <= 1e-5 * Math.abs(expected), `${actual} is not ${expected}`);

test("labels as one-hot rows train and evaluate as classes do", async () => {
  const model = thinModel();
  const step = createTrainStep(model);
  const [{ image }, labels] = patternBatch("rows");
  const rows = tf.tidy(() => tf.oneHot(labels, 5).toFloat().as2D(4, 5));
  const [ofClasses, ofRows] = [await step.inspect(image, labels), await step.inspect(image, rows)];
  assert.equal(ofRows.accuracy, ofClasses.accuracy);
  near(ofRows.loss, ofClasses.loss);
  for (const [name, gradient] of Object.entries(ofClasses.gradients)) {
    const other = ofRows.gradients[name] ?? assert.fail(`no gradient of ${name}`);
    const part = tf.tidy(() => gradient.sub(other).norm().div(gradient.norm()).dataSync()[0] ?? NaN);
    assert.ok(part < 1e-4, `the gradient of ${name} differs by ${part}`);
  }
  for (const one of [ofClasses, ofRows, step]) one.dispose();
  tf.dispose([image, labels, rows]);
  const metrics = createMetrics({ accuracy: accuracyMetric() });
  const evaluations = [];
  for (const batches of [batchesOf("a", "b"), withRows(batchesOf("a", "b"), same)]) {
    const before = memory();
    const { crossEntropy, ...counts } = await evaluate(model, batches, { metrics });
    assert.deepEqual(memory(), before);
    evaluations.push({ crossEntropy, counts: { ...counts, loss: 0 }, metrics: metrics.result() });
    metrics.reset();
  }
  const [classes, others] = evaluations;
  near(others?.crossEntropy ?? NaN, classes?.crossEntropy ?? NaN);
  assert.deepEqual(others?.counts, classes?.counts);
  assert.deepEqual(others?.metrics, classes?.metrics);
  model.dispose();
});

test("a step on soft labels has the losses of its parts, and is right where the greater part is", async () => {
  const model = thinModel({ weightDecay: 0 });
  const step = createTrainStep(model);
  const [{ image }, labels] = patternBatch("soft");
  const [parts, rows] = tf.tidy(() => {
    const each = [labels, labels.reverse<tf.Tensor1D>()];
    return [each.map((one) => one.clone()), mixed(tf.oneHot(labels, 5).toFloat()).as2D(4, 5)];
  });
  const losses = [];
  for (const part of parts) {
    const { crossEntropy, accuracy, dispose } = await step.inspect(image, part);
    losses.push({ crossEntropy, accuracy });
    dispose();
  }
  const soft = await step(image, rows);
  near(soft.crossEntropy, 0.7 * (losses[0]?.crossEntropy ?? NaN) + 0.3 * (losses[1]?.crossEntropy ?? NaN));
  assert.equal(soft.accuracy, losses[0]?.accuracy);
  tf.dispose([image, labels, rows, ...parts]);
  step.dispose();
  model.dispose();
});

test("a step's loss is the model's: smoothing, class weights and focal loss, compiled as by hand", async () => {
  const options = { labelSmoothing: 0.1, classWeights: [1, 2, 3, 4, 0.5], focalGamma: 1.5 };
  const model = thinModel(options);
  const step = createTrainStep(model);
  const [{ image }, labels] = patternBatch("options");
  const expected = tf.tidy(() => {
    const predictions = model.predict(model.preprocess(image), { isTraining: true });
    return valuesOf(model.loss(predictions, labels).crossEntropy)[0] ?? NaN;
  });
  near((await step(image, labels)).crossEntropy, expected);
  tf.dispose([image, labels]);
  step.dispose();
  model.dispose();
});

test("evaluate() divides by the weights of all images' classes, however they stand in batches", async () => {
  const model = thinModel({ classWeights: [0.25, 4, 1, 0, 2] });
  const all = async function* (sizes: readonly number[]): AsyncGenerator<Batch> {
    const [{ image }, labels] = patternBatch("weights", 12);
    let start = 0;
    for (const size of sizes) {
      const batch: Batch = [{ image: image.slice([start], [size]) }, labels.slice(start, size)];
      yield await Promise.resolve(batch);
      tf.dispose([batch[0].image, batch[1]]);
      start += size;
    }
    tf.dispose([image, labels]);
  };
  const { crossEntropy: whole, loss } = await evaluate(model, all([12]));
  for (const sizes of [
    [4, 4, 4],
    [1, 10, 1],
    [5, 7],
  ]) {
    // prettier-ignore
    const parts = await evaluate(model, all(sizes));
    near(parts.crossEntropy, whole);
    near(parts.loss, loss);
  }
  model.dispose();
});

test("labels that are no shares of classes are refused, and features() of such", async () => {
  const model = thinModel();
  const step = createTrainStep(model);
  const [{ image }, labels] = patternBatch("wrong");
  const cases: readonly (readonly [number[], string])[] = [
    [[0.5, 0.6, 0, 0, 0], "labels whose shares add up to 1, got 1.100"],
    [[-0.5, 0.75, 0.75, 0, 0], "labels' shares of 0 or more, got -0.5"],
    [[NaN, 1, 0, 0, 0], "labels' shares of 0 or more, got NaN"],
  ];
  for (const [row, message] of cases) {
    const rows = tf.tensor2d([row, row, row, row]);
    await assert.rejects(step(image, rows), (error: Error) => {
      assert.equal(error.name, "RangeError");
      assert.ok(error.message.startsWith(`Cannot train: expected ${message}`), error.message);
      return true;
    });
    rows.dispose();
  }
  tf.dispose([image, labels]);
  step.dispose();
  model.dispose();
});

test("an Estimator trains and evaluates on soft labels, with the options of its model", async () => {
  const modelFn = thinModelFn({ model: { labelSmoothing: 0.1, numClasses: 5 } });
  const estimator = new Estimator({ modelFn });
  const [{ image }, labels] = patternBatch("estimator", 8);
  const rows = tf.tidy(() => mixed(tf.oneHot(labels, 5).toFloat()).as2D(8, 5));
  const dataset = Dataset.fromTensorSlices<[{ image: tf.Tensor4D }, tf.Tensor2D]>([{ image }, rows]).batch(4);
  await estimator.train({ inputFn: () => dataset, steps: 2 });
  const { crossEntropy, accuracy } = await estimator.evaluate({ inputFn: () => dataset });
  const direct = await evaluate(modelFn.model(), dataset);
  near(crossEntropy, direct.crossEntropy);
  assert.equal(accuracy, direct.accuracy);
  await estimator.dispose();
  modelFn.dispose();
  dataset.dispose();
  tf.dispose([image, labels, rows]);
});
