import assert from "node:assert/strict";
import { test } from "node:test";
import { Estimator } from "../../src/estimator";
import { Dataset } from "../../src/input";
import { tf } from "../../src/tensorflow";
import { CLASSES, examples, temporaryFolder, thinModelFn } from "./thin";

test("an estimator of a multiLabel model evaluates by multiLabelMetrics() unless told otherwise", async () => {
  const { image, label } = examples("train", 8);
  const kHot = tf.tidy(() => tf.oneHot(label, CLASSES).toFloat().add(tf.oneHot([0, 0, 0, 0, 1, 1, 1, 1], CLASSES)).minimum(1)); // prettier-ignore
  const modelFn = thinModelFn({ model: { multiLabel: true } });
  const estimator = new Estimator({ modelFn, modelDir: temporaryFolder() });
  const inputFn = () =>
    Dataset.fromTensorSlices<[{ image: tf.Tensor4D }, tf.Tensor2D]>([{ image }, kHot.as2D(8, CLASSES)]).batch(
      4,
    );
  await estimator.train({ inputFn, steps: 2 });
  const result = await estimator.evaluate({ inputFn });
  const names = [
    "accuracy",
    "auc",
    "f1",
    "meanAveragePrecision",
    "microF1",
    "precision",
    "recall",
    "subsetAccuracy",
  ];
  assert.deepEqual(Object.keys(result).sort(), [...names, "crossEntropy", "global_step", "loss"].sort());
  for (const name of names) assert.ok(Number(result[name]) >= 0 && Number(result[name]) <= 1, name);
  await estimator.dispose();
  modelFn.dispose();
  tf.dispose([image, label, kHot]);
});
