import assert from "node:assert/strict";
import { test } from "node:test";
import { memory } from "../../src/tensorflow";
import { createInputFn } from "../../src/input";
import { createTrainStep, evaluate, train } from "../../src/training";
import { batchesOf, sharedData, thinModel } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

test("train() takes a step for each batch, tells each and gives all", async () => {
  const model = thinModel();
  const step = createTrainStep(model);
  const told: number[] = [];
  const results = await train(step, batchesOf("a", "b"), {
    onStep: ({ globalStep }) => void told.push(globalStep),
  });
  assert.deepEqual(
    results.map(({ globalStep }) => globalStep),
    [1, 2],
  );
  assert.deepEqual(told, [1, 2]);
  const before = memory();
  const dataset = { [Symbol.asyncIterator]: () => batchesOf("a", "b", "c") };
  await train(step, dataset, { steps: 2 });
  assert.deepEqual(memory(), before, "the dataset is closed after its last step");
  assert.equal(step.globalStep, 4);
  assert.deepEqual(await train(step, batchesOf("a"), { steps: 0 }), []);
  step.dispose();
  model.dispose();
});

test("train() stops between steps at its signal, with what it has learned", async () => {
  const model = thinModel();
  const step = createTrainStep(model);
  const stop = new AbortController();
  const onStep = (): void => stop.abort();
  await assert.rejects(train(step, batchesOf("a", "b", "c"), { signal: stop.signal, onStep }), {
    name: "AbortError",
  });
  assert.equal(step.globalStep, 1);
  await train(step, batchesOf("b"));
  assert.equal(step.globalStep, 2);
  step.dispose();
  model.dispose();
});

test("train() says when the dataset ends too soon and when the loss is lost", async () => {
  const model = thinModel();
  const step = createTrainStep(model);
  await assert.rejects(train(step, batchesOf("a", "b"), { steps: 3 }), {
    name: "RangeError",
    message: "Cannot train: expected 3 batches, got 2 before the dataset ended; repeat it for more",
  });
  await assert.rejects(train(step, batchesOf()), /expected any batches, got 0 before the dataset ended/);
  const wild = createTrainStep(model, { learningRate: 1e30 });
  await assert.rejects(train(wild, batchesOf("a", "b", "c")), {
    name: "RangeError",
    message:
      /^Cannot go on training: expected a finite loss, got (NaN|Infinity) at step 4 with learning rate 1e\+30$/,
  });
  step.dispose();
  wild.dispose();
  model.dispose();
});

const records = sharedData("records/flowers_validation_0000*-of-00005.tfrecord");
test("train() and evaluate() take the batches of an input function", { skip: records.skip }, async () => {
  const model = thinModel();
  const step = createTrainStep(model);
  const dataset = createInputFn(records.path, { batchSize: 8 })();
  const results = await train(step, dataset, { steps: 2 });
  assert.equal(results.length, 2);
  const { count } = await evaluate(
    model,
    createInputFn(records.path, { batchSize: 60, numEpochs: 1, dropRemainder: false })(),
  );
  assert.equal(count, 140);
  step.dispose();
  model.dispose();
});
