import assert from "node:assert/strict";
import { test } from "node:test";
import { globalAveragePool } from "../../src/inspect/gap";
import { gradCam } from "../../src/explain/gradcam";
import { Model } from "../../src/model/model";
import { memory, tf, trace } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { distanceFrom, patternImages, patternVariable, type FixtureArray, type Summary } from "../patterns";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

interface GradCamFixture {
  readonly numClasses: number;
  readonly images: { readonly name: string; readonly shape: readonly [number, number, number, number] };
  readonly predicted: readonly number[];
  readonly globalAveragePool: Readonly<Record<string, Summary>>;
  readonly cases: readonly {
    readonly endpoint: string;
    readonly classIndex: number;
    readonly weights: Summary;
    readonly heatMaps: FixtureArray;
  }[];
}

const valuesOf = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

function thinModel(): Model {
  return new Model({ numClasses: 3, width: 1 / 16, fixedResizeSide: 64, defaultImageSize: 64 });
}

function thinImages(): tf.Tensor4D {
  return tf.tensor4d(patternImages("cam", [2, 64, 64, 3]), [2, 64, 64, 3]);
}

test("globalAveragePool() averages each channel over its pixels", () => {
  const activation = tf.tensor4d([1, 10, 2, 20, 3, 30, 6, 60], [1, 2, 2, 2]);
  const pooled = globalAveragePool(activation);
  assert.deepEqual(pooled.shape, [1, 2]);
  assert.deepEqual(valuesOf(pooled), [3, 30]);
  assert.throws(() => globalAveragePool(pooled), {
    name: "TypeError",
    message: "Cannot pool: expected [batch, height, width, channels], got [1, 2]",
  });
});

test("gradCam() of the last block is that block's channels weighted by the head, by hand", () => {
  const model = thinModel();
  const images = thinImages();
  const classIndex = 1;
  const { heatmaps, weights, classes, probabilities } = gradCam(model, images, { classIndex });
  // The logit is the head times the mean over h·w pixels: its gradient by a pixel's channel k is head[k, class] / (h·w).
  const { endpoints, logits } = model.predict(images, { isTraining: false });
  const block = endpoints["resnet_v1_50/block4"];
  assert.ok(block !== undefined);
  const [batch = 0, height = 0, width = 0, channels = 0] = block.shape;
  const head = valuesOf(model.variables.expect("Predict/logits/weights"));
  const activation = valuesOf(block);
  const size = height * width;
  const maps = Array.from({ length: batch }, (_, image) => {
    const map = Array.from({ length: size }, (_, pixel) => {
      let sum = 0;
      for (let k = 0; k < channels; k++)
        sum +=
          ((head[k * 3 + classIndex] ?? NaN) / size) *
          (activation[(image * size + pixel) * channels + k] ?? NaN);
      return Math.max(0, sum);
    });
    const greatest = Math.max(...map);
    return map.map((value) => (greatest === 0 ? 0 : value / greatest));
  });
  assert.deepEqual(heatmaps.shape, [batch, height, width]);
  valuesOf(heatmaps).forEach((value, i) =>
    assert.ok(Math.abs(value - (maps.flat()[i] ?? NaN)) < 1e-4, `${i}`),
  );
  valuesOf(weights.slice(0, 1)).forEach((value, k) =>
    assert.ok(Math.abs(value - (head[k * 3 + classIndex] ?? NaN) / size) < 1e-6),
  );
  assert.deepEqual(valuesOf(classes), [1, 1]);
  assert.deepEqual(valuesOf(probabilities), valuesOf(tf.softmax(logits)));
});

test("gradCam() explains each image's predicted class unless told which, at any endpoint", () => {
  const model = thinModel();
  const images = thinImages();
  const before = memory().tensors;
  const cam = gradCam(model, images, { endpoint: "resnet_v1_50/block2/unit_1/bottleneck_v1/conv2" });
  assert.equal(memory().tensors, before + 6);
  const predicted = valuesOf(cam.classes);
  const told = gradCam(model, images, {
    endpoint: "resnet_v1_50/block2/unit_1/bottleneck_v1/conv2",
    classIndex: predicted,
  });
  assert.deepEqual(valuesOf(told.heatmaps), valuesOf(cam.heatmaps));
  assert.deepEqual(cam.heatmaps.shape, [2, 8, 8]);
  for (const value of valuesOf(cam.heatmaps)) assert.ok(value >= 0 && value <= 1);
  tf.dispose([cam, told]);
  assert.equal(memory().tensors, before);
});

test("gradCam() gives the predicted classes beside those asked for, and probabilities of all", () => {
  const [model, images] = [thinModel(), thinImages()];
  const asked = gradCam(model, images, { classIndex: 2 });
  assert.deepEqual(valuesOf(asked.predicted), valuesOf(tf.argMax(asked.probabilities, 1)));
  assert.deepEqual(valuesOf(asked.classes), [2, 2]);
  assert.equal("predicted" in gradCam(model, images), false);
});

test("gradCam() is all zero where nothing speaks for the class", () => {
  const model = thinModel();
  const head = model.variables.expect("Predict/logits/weights");
  head.assign(tf.tidy(() => head.abs().neg()));
  const { heatmaps } = gradCam(model, thinImages(), { classIndex: [0, 2] });
  assert.ok(valuesOf(heatmaps).every((value) => value === 0));
});

test("gradCam() gives the same inside trace()", async () => {
  const model = thinModel();
  const images = thinImages();
  const options = { endpoint: "resnet_v1_50/block3" };
  const compiled = trace((batch: tf.Tensor4D) => gradCam(model, batch, options), { name: "gradCam" });
  const [one, other] = [await compiled(images), gradCam(model, images, options)];
  assert.deepEqual(valuesOf(one.classes), valuesOf(other.classes));
  valuesOf(one.heatmaps).forEach((value, i) =>
    assert.ok(Math.abs(value - (valuesOf(other.heatmaps)[i] ?? NaN)) < 1e-5),
  );
  compiled.dispose();
});

test("gradCam() names the endpoints there are, and refuses classes that there are not", () => {
  const [model, images] = [thinModel(), thinImages()];
  assert.throws(() => gradCam(model, images, { endpoint: "block4" }), {
    name: "RangeError",
    message:
      /^Cannot explain by endpoint "block4": expected a convolutional one of the model's, resnet_v1_50\/conv1, /,
  });
  assert.throws(() => gradCam(model, images, { classIndex: 3 }), {
    name: "RangeError",
    message: "Cannot explain class 3: expected a whole number in 0 … 2",
  });
  assert.throws(() => gradCam(model, images, { classIndex: [0] }), {
    name: "TypeError",
    message: "Cannot explain classes: expected one for each of 2 images, got 1",
  });
});

test("gradCam() and globalAveragePool() equal Python's on resnet_v1_50", () => {
  const fixture = readFixture<GradCamFixture>("gradcam");
  const model = new Model({ numClasses: fixture.numClasses });
  for (const { name, variable } of model.variables.all())
    tf.tidy(() => variable.assign(tf.tensor(patternVariable(name, variable.shape), variable.shape)));
  const { name, shape } = fixture.images;
  const images = tf.tensor4d(patternImages(name, shape), [...shape]);
  assert.deepEqual(valuesOf(gradCam(model, images).classes), fixture.predicted);
  const { endpoints } = model.predict(images);
  for (const [endpoint, summary] of Object.entries(fixture.globalAveragePool)) {
    const activation = endpoints[endpoint];
    assert.ok(activation !== undefined, endpoint);
    const pooled = globalAveragePool(activation);
    assert.ok(distanceFrom(summary, valuesOf(pooled), pooled.shape) < 1e-3, endpoint);
  }
  const last = endpoints["global_pool"] ?? assert.fail("no global_pool");
  const slims = fixture.globalAveragePool["resnet_v1_50/block4"] ?? assert.fail("not in the fixture");
  assert.ok(distanceFrom(slims, valuesOf(last), [last.shape[0] ?? 0, last.shape[3] ?? 0]) < 1e-3);
  for (const { endpoint, classIndex, weights, heatMaps } of fixture.cases) {
    const cam = gradCam(model, images, { endpoint, classIndex });
    const difference = Math.max(
      ...valuesOf(cam.heatmaps).map((value, i) => Math.abs(value - (heatMaps.values[i] ?? NaN))),
    );
    assert.deepEqual(cam.heatmaps.shape, heatMaps.shape);
    assert.ok(difference < 1e-3, `${endpoint} ${classIndex}: ${difference}`);
    const distance = distanceFrom(weights, valuesOf(cam.weights), cam.weights.shape);
    assert.ok(distance < 1e-3, `${endpoint} ${classIndex}: weights ${distance}`);
    tf.dispose(cam);
  }
  model.dispose();
});
