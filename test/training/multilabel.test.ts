import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { gradCam } from "../../src/explain";
import { Dataset, fixedLenFeature, TFExampleDecoder, tfexampleDecoder, varLenFeature } from "../../src/input";
import { recordClassifier } from "../../src/export/classifier";
import { constant, encodeExample, encodePng, feature, memory, tf } from "../../src/tensorflow";
import { createTrainStep, evaluate, features, train } from "../../src/training";
import { temporaryFolder } from "../temporary";
import { thinModel, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

type KHotBatch = [{ image: tf.Tensor4D }, tf.Tensor2D];

/** Photographs whose red and blue say which of two classes they have: both, one or none. */
const records = [[0], [1], [0, 1], [], [0, 1], [1], [0], []].map((labels) => {
  const image = tf.tidy(() =>
    tf.fill([32, 32, 3], 60).add([labels.includes(0) ? 180 : 0, 20, labels.includes(1) ? 180 : 0]),
  );
  const encoded = feature.bytes(encodePng(image.as3D(32, 32, 3)));
  image.dispose();
  const features = { "image/encoded": encoded, "image/format": feature.bytes("png"), "image/class/label": feature.int64(...labels) }; // prettier-ignore
  return encodeExample(features);
});

/** Batches of records whose labels are a list of any length. */
function batches(): Dataset<KHotBatch> {
  const { Image, KHot } = tfexampleDecoder;
  const decoder = new TFExampleDecoder(
    {
      "image/encoded": fixedLenFeature([], "string"),
      "image/format": fixedLenFeature([], "string", "png"),
      "image/class/label": varLenFeature("int64"),
    },
    {
      image: Image({ channels: 3 }),
      label: KHot("image/class/label", 2),
    },
  );
  return Dataset.fromTensorSlices(constant(records, [records.length], "string").as1D())
    .map((record: tf.Scalar): [{ image: tf.Tensor3D }, tf.Tensor1D] => {
      const [image, label] = decoder.decode(record, ["image", "label"]);
      return [{ image: (image ?? assert.fail()).as3D(32, 32, 3).toFloat() }, (label ?? assert.fail()).as1D()];
    })
    .batch(4);
}

test("labels of any number a record train a multiLabel model, whose classes are right by themselves", async () => {
  const model = thinModel({
    numClasses: 2,
    multiLabel: true,
    architecture: "resnet_v1_14",
    positiveWeights: [1, 2],
  });
  const step = createTrainStep(model, { learningRate: 0.02 });
  const dataset = batches();
  const labels: number[][] = [];
  for await (const [, label] of dataset) labels.push(...label.arraySync());
  assert.deepEqual(labels, [[1, 0], [0, 1], [1, 1], [0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]); // prettier-ignore
  const results = await train(step, dataset.repeat(), { steps: 30 });
  assert.ok((results.at(-1)?.crossEntropy ?? NaN) < 0.5 * (results[0]?.crossEntropy ?? NaN));
  const before = memory();
  const { accuracy, count, confusion, crossEntropy } = await evaluate(model, dataset);
  assert.deepEqual(memory(), before);
  assert.deepEqual([count, confusion], [8, []]);
  let [right, loss] = [0, 0];
  for await (const [{ image }, label] of dataset)
    tf.tidy(() => {
      const predictions = model.predict(model.preprocess(image));
      const { probabilities, logits } = model.postprocess(predictions);
      assert.deepEqual(valuesOf(probabilities), valuesOf(tf.sigmoid(logits)));
      const truth = valuesOf(label);
      right += valuesOf(probabilities).filter((one, i) => one > 0.5 === (truth[i] ?? NaN) > 0.5).length;
      loss += valuesOf(model.loss(predictions, label).crossEntropy)[0] ?? NaN;
    });
  assert.ok(Math.abs(accuracy - right / 16) < 1e-6);
  assert.ok(Math.abs(crossEntropy - loss / 2) < 1e-5 * crossEntropy);
  const [{ image }] = await dataset.first();
  tf.tidy(() => {
    const cam = gradCam(model, model.preprocess(image), { classIndex: [0, 1, 1, 0] });
    assert.deepEqual(valuesOf(cam.classes), [0, 1, 1, 0]);
    assert.ok(valuesOf(cam.heatmaps).every(Number.isFinite));
  });
  const { signatures, dispose } = recordClassifier(model, { labels: ["red", "blue"] });
  assert.ok(signatures.length > 0);
  dispose();
  image.dispose();
  for (const one of [step, model, dataset]) one.dispose();
});

test("a multiLabel model takes one class an image too, one class in all, and refuses labels above 1", async () => {
  const model = thinModel({ numClasses: 2, multiLabel: true, architecture: "resnet_v1_14" });
  tf.tidy(() => {
    const logits = tf.tensor2d([[2, -1]]); // prettier-ignore
    const [byClass, byRow] = [tf.tensor1d([0], "int32"), tf.tensor2d([[1, 0]])].map((labels) =>
      valuesOf(model.loss({ logits }, labels).crossEntropy),
    );
    assert.deepEqual(byClass, byRow);
    const probabilities = tf.tensor2d([[NaN, 0.2]]); // prettier-ignore
    const classes = tf.tensor1d([-1], "int32");
    assert.deepEqual(valuesOf(model.accuracy({ probabilities, classes }, tf.tensor2d([[0, 0]]))), [0.5]);
  });
  const step = createTrainStep(model);
  const [image, two] = [tf.fill<tf.Rank.R4>([2, 32, 32, 3], 9), tf.fill<tf.Rank.R2>([2, 2], 2)];
  await assert.rejects(step(image, two), {
    message: "Cannot train: expected labels' shares of at most 1, got 2",
  });
  assert.throws(
    () => thinModel({ positiveWeights: [1, 1, 1, 1, 1] }),
    /expected positiveWeights with multiLabel: true/,
  );
  thinModel({ numClasses: 1, multiLabel: true, architecture: "resnet_v1_14" }).dispose();
  tf.dispose([image, two]);
  for (const one of [step, model]) one.dispose();
});

test("features keep rows of labels, also in a folder, and give what the photos give", async () => {
  const model = thinModel({ numClasses: 2, multiLabel: true, architecture: "resnet_v1_14" });
  const [dataset, folder] = [batches(), temporaryFolder("features")];
  const options = { endpoint: "global_pool", isTraining: false };
  const before = memory().tensors;
  for (const storage of ["float32", "bfloat16"] as const)
    for (const round of ["computed", "read again"]) {
      const made = await features(model, dataset, { ...options, storage, folder: join(folder, storage) });
      const labels: number[] = [];
      for await (const [, label] of made) {
        assert.deepEqual([label.shape, label.dtype], [[4, 2], "float32"], round);
        labels.push(...valuesOf(label));
      }
      assert.deepEqual(labels, [1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0]);
      const [got, expected] = [await evaluate(model, made), await evaluate(model, dataset)];
      const off = Math.abs(got.crossEntropy / expected.crossEntropy - 1);
      assert.ok(off < (storage === "float32" ? 1e-5 : 2e-2), `${off} of ${expected.crossEntropy}`);
      made.dispose();
    }
  dataset.dispose();
  assert.ok(memory().tensors <= before);
  model.dispose();
});
