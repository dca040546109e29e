/** What a model's pixels are normalized to goes with it wherever photographs come in, checked by numbers written here. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { exportWeb, loadClassifier, predict, saveClassifier } from "../../src";
import { createModelFn, Estimator } from "../../src/estimator";
import { createPredictInputFn, exportSavedModel, loadSavedModel, type ReceiverKind } from "../../src/export";
import { Dataset } from "../../src/input";
import { restorePixels, type Preprocessing } from "../../src/model/normalization";
import type { Model } from "../../src/model";
import { constant, encodePng, tf } from "../../src/tensorflow";
import { createTrainStep, features } from "../../src/training";
import { plainTfjs, sent } from "../deploy/plaintfjs";
import { relativeDistance } from "../model/patterned";
import { temporaryFolder } from "../temporary";
import { batchOf, thinModel, thinOptions } from "./forms";

/** (pixel - mean) / deviation, of red, green and blue. @see docs.pytorch.org/vision, keras.io/api/applications, TF-Slim's preprocessing */
const KINDS: readonly (readonly [Preprocessing, means: number[], deviations: number[]])[] = [
  ["vgg", [123.68, 116.78, 103.94], [1, 1, 1]],
  ["inception", [127.5, 127.5, 127.5], [127.5, 127.5, 127.5]],
  ["torch", [0.485 * 255, 0.456 * 255, 0.406 * 255], [0.229 * 255, 0.224 * 255, 0.225 * 255]],
  ["none", [0, 0, 0], [1, 1, 1]],
];
const FORM = { architecture: "resnet_v1_14", source: "slim" } as const;
const NAMES = ["hat", "shoe", "bag"];

for (const [preprocessing, means, deviations] of KINDS) {
  const normalized = (images: tf.Tensor4D): tf.Tensor4D =>
    tf.tidy(() => images.sub(tf.tensor1d(means)).div(tf.tensor1d(deviations)));
  const expectedOf = (model: Model, images: tf.Tensor4D): number[] =>
    tf.tidy(() => {
      const predictions = model.predict(normalized(images), { isTraining: false });
      return [...model.postprocess(predictions).probabilities.dataSync()];
    });
  const assertSame = (
    got: ArrayLike<number> | undefined,
    expected: readonly number[],
    what: string,
  ): void => {
    const distance = relativeDistance(got ?? [], expected);
    assert.ok(distance < 1e-4, `${what}: ${distance}`);
  };

  test(`pixels of "${preprocessing}" are normalized in predict(), a classifier, what is served, and in the browser`, async () => {
    const model = thinModel(FORM, { preprocessing });
    const { images, labels } = batchOf(model);
    const expected = expectedOf(model, images);
    assertSame(model.preprocess(images).dataSync(), [...normalized(images).dataSync()], "preprocess()");
    const root = temporaryFolder("pixels");
    const photos = tf.unstack(images).map((image) => image.as3D(48, 48, 3));
    const dir = await saveClassifier(model, join(root, "kept"), { classNames: NAMES });
    const loaded = loadClassifier(dir);
    for (const by of [model, loaded]) {
      const { photos: answers } = await predict(by, photos);
      assertSame(answers.flatMap(({ probabilities }) => Object.values(probabilities)), expected, "predict()");
    }
    const files = constant(photos.map((photo) => encodePng(photo.toInt())), [4], "string");
    for (const [receive, given, frozen] of [["images", images, false], ["images", images, true], ["files", files, false]] as const) {
      const served = servedBy(model, join(root, `${receive} ${frozen}`), { receive, frozen });
      assertSame(served(given), expected, `served ${receive}, frozen ${frozen}`);
    }
    await exportWeb(model, join(root, "web"));
    const call = { inputs: { images: sent(images), classes: sent(labels) }, outputs: ["probabilities"] };
    const [answer] = await plainTfjs({ dir: join(root, "web"), backend: "wasm", calls: [call] });
    assertSame(answer?.["probabilities"]?.values, expected, "exportWeb()");
    tf.dispose([images, labels, photos, files]);
    loaded.dispose();
    model.dispose();
  }); // prettier-ignore

  test(`pixels of "${preprocessing}" are normalized in a train step, in features and by an Estimator, and shown as they were`, async () => {
    const model = thinModel(FORM, { preprocessing });
    const { images, labels } = batchOf(model);
    const loss = tf.tidy(() => {
      const predictions = model.predict(normalized(images), { isTraining: true });
      return model.loss(predictions, labels).loss.dataSync()[0] ?? NaN;
    });
    const step = createTrainStep(model, { learningRate: 1e-30, updateOps: false });
    assertSame([(await step(images, labels)).loss], [loss], "createTrainStep()");
    const data = Dataset.fromTensorSlices([{ image: images }, labels] as const).batch(4);
    const known = await features(model, data, { endpoint: "global_pool" });
    const [{ features: pooled }] = await known.first();
    const whole = tf.tidy(() => [...model.activation(normalized(images), "global_pool").dataSync()]);
    assertSame(pooled.dataSync(), whole, "features()");
    tf.tidy(() => assertSame(restorePixels(normalized(images), preprocessing).add(1).dataSync(), [...images.add(1).dataSync()], "shown")); // prettier-ignore
    const modelFn = createModelFn({ model: { ...thinOptions(FORM), preprocessing }, learningRate: 1e-3 });
    const estimator = new Estimator({ modelFn, modelDir: join(temporaryFolder("pixels"), "estimator") });
    const inputFn = (): typeof data => data;
    await estimator.train({ inputFn, maxSteps: 1 });
    const rows: number[] = [];
    for await (const { probabilities } of estimator.predict({ inputFn }))
      rows.push(...(Array.isArray(probabilities) ? probabilities.map(Number) : assert.fail()));
    assertSame(rows, expectedOf(modelFn.model(), images), "Estimator.predict()");
    await estimator.dispose();
    for (const one of [modelFn, known, data, step, images, labels, model]) one.dispose();
  }); // prettier-ignore
}

/** What a model says when it is served. */
function servedBy(
  model: Model,
  dir: string,
  { receive, frozen }: { readonly receive: ReceiverKind; readonly frozen: boolean },
): (given: tf.Tensor) => ArrayLike<number> | undefined {
  const receiver = createPredictInputFn({ receive, side: model.options.defaultImageSize });
  const served = loadSavedModel(exportSavedModel(model, dir, { receiver, frozen }));
  return (given) => {
    const outputs = served.predict(given);
    const values = Float32Array.from(outputs["probabilities"]?.dataSync() ?? []);
    tf.dispose(outputs);
    served.dispose();
    return values;
  };
}
