import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { memory, tf } from "../../src/tensorflow";
import { createEvalStep, evaluate, type Batch } from "../../src/training";
import { batchesOf, patternBatch, thinModel, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

/** Batches of 4, 4 and 2 images. */
async function* unequalBatches(): AsyncGenerator<Batch> {
  yield* batchesOf("a", "b");
  const batch = patternBatch("c", 2);
  yield await Promise.resolve(batch);
  tf.dispose([batch[0].image, batch[1]]);
}

test("evaluate() equals a count by hand over all images, a smaller last batch too", async () => {
  const model = thinModel();
  const confusion = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
  let [crossEntropy, loss] = [0, 0];
  for await (const [{ image }, labels] of unequalBatches()) {
    tf.tidy(() => {
      const predictions = model.predict(model.preprocess(image), { isTraining: false });
      const losses = model.loss(predictions, labels);
      const predicted = valuesOf(model.postprocess(predictions).classes);
      valuesOf(labels).forEach((label, i) => {
        const row = confusion[label] ?? [];
        row[predicted[i] ?? -1] = (row[predicted[i] ?? -1] ?? 0) + 1;
      });
      crossEntropy += (valuesOf(losses.crossEntropy)[0] ?? NaN) * predicted.length;
      loss += (valuesOf(losses.loss)[0] ?? NaN) * predicted.length;
    });
  }
  const before = memory();
  const progress: number[] = [];
  const result = await evaluate(model, unequalBatches(), {
    onProgress: ({ images }) => progress.push(images),
  });
  assert.deepEqual(memory(), before);
  assert.deepEqual(result.confusion, confusion);
  assert.equal(result.count, 10);
  assert.equal(result.accuracy, confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / 10);
  assert.ok(Math.abs(result.crossEntropy - crossEntropy / 10) < 1e-5 * result.crossEntropy);
  assert.ok(Math.abs(result.loss - loss / 10) < 1e-5 * result.loss);
  assert.match(bundleOf(result)["text/plain"], /^images +accuracy +cross-entropy +loss with weight decay\n +10 +\d+\.\d % +[\d.]+ +[\d.]+$/); // prettier-ignore
  assert.deepEqual(Object.keys(result), ["accuracy", "loss", "crossEntropy", "count", "notFinite", "confusion"]); // prettier-ignore
  assert.deepEqual(progress, [4, 8, 10]);
  model.dispose();
});

test("evaluate() stops after its steps, and takes a compiled step for several calls", async () => {
  const model = thinModel();
  const evalStep = createEvalStep(model);
  const first = await evaluate(model, batchesOf("a", "b", "c"), { steps: 2, evalStep });
  assert.equal(first.count, 8);
  model.variables.expect("Predict/logits/biases").assign(tf.tensor1d([1e9, 0, 0, 0, 0]));
  const second = await evaluate(model, batchesOf("a"), { evalStep });
  assert.equal(evalStep.signatures().length, 1);
  assert.ok(second.confusion.every((row) => row.slice(1).every((count) => count === 0)));
  evalStep.dispose();
  model.dispose();
});

test("evaluate() refuses an empty dataset, a label that is no class, and stops at its signal", async () => {
  const model = thinModel();
  await assert.rejects(evaluate(model, batchesOf()), {
    name: "RangeError",
    message: "Cannot evaluate: expected batches, got an empty dataset",
  });
  await assert.rejects(evaluate(model, batchesOf("a", "b"), { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  const two = thinModel({ numClasses: 2 });
  await assert.rejects(evaluate(two, batchesOf("a")), {
    name: "RangeError",
    message: /^Cannot evaluate: expected labels in 0 … 1, got [234]$/,
  });
  model.dispose();
  two.dispose();
});
