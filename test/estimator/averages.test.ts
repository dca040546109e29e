import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Estimator } from "../../src/estimator";
import { openCheckpoint, tf } from "../../src/tensorflow";
import { evaluate, initVariablesFromCheckpoint } from "../../src/training";
import { thinInput, thinModelFn } from "./thin";

const folder = mkdtempSync(join(tmpdir(), "estimator-averages-"));
after(() => rmSync(folder, { recursive: true }));

test("an Estimator saves moving averages, goes on with them, and evaluates, predicts and exports them on demand", async () => {
  const modelFn = thinModelFn({ movingAverageDecay: 0.9 });
  const estimator = new Estimator({ modelFn, modelDir: join(folder, "model") });
  const [input, held] = [thinInput("averages", "train"), thinInput("averages/held", "evaluate")];
  await estimator.train({ inputFn: input.inputFn, steps: 2 });
  await estimator.train({ inputFn: input.inputFn, steps: 2 });
  const { inputFn } = held;
  const own = await estimator.evaluate({ inputFn });
  const averaged = await estimator.evaluate({ inputFn, movingAverages: true, name: "averages" });
  const model = modelFn.model();
  const served = await estimator.exportSavedModel(join(folder, "served"), { movingAverages: true });
  initVariablesFromCheckpoint(model, estimator.latestCheckpoint() ?? "", { movingAverages: true });
  const dataset = inputFn();
  const expected = await evaluate(model, dataset);
  assert.equal(averaged.crossEntropy, expected.crossEntropy);
  assert.equal(averaged.global_step, 4);
  assert.notEqual(averaged.crossEntropy, own.crossEntropy);
  const predictions = estimator.predict({ inputFn, movingAverages: true, predictKeys: ["logits"] });
  const [{ image }] = await dataset.first();
  const direct = tf.tidy(
    () => model.predict(model.preprocess(image), { isTraining: false }).logits.arraySync()[0],
  );
  for await (const { logits } of predictions) {
    assert.deepEqual(logits, direct);
    break;
  }
  image.dispose();
  const exported = openCheckpoint(join(served, "variables/variables"));
  const weights = "Predict/logits/weights";
  assert.deepEqual(exported.read(weights).arraySync(), model.variables.expect(weights).arraySync());
  exported.close();
  await estimator.dispose();
  for (const one of [modelFn, input, held]) one.dispose();
});

test("an Estimator says that a checkpoint has no moving averages", async () => {
  const modelFn = thinModelFn();
  const estimator = new Estimator({ modelFn, modelDir: join(folder, "without") });
  const input = thinInput("without", "train");
  const { inputFn } = input;
  await assert.rejects(estimator.evaluate({ inputFn, steps: 1, movingAverages: true }), {
    message: /^Cannot evaluate moving averages: expected a checkpoint in ".*without", got none; train first$/,
  });
  await estimator.train({ inputFn, steps: 1 });
  await assert.rejects(estimator.evaluate({ inputFn, steps: 1, movingAverages: true }), {
    name: "RangeError",
    message: 'Cannot load moving averages: expected names that end in "/ExponentialMovingAverage", got none',
  });
  await estimator.dispose();
  for (const one of [modelFn, input]) one.dispose();
});
