import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/explain/explain";
import { gradCam } from "../../src/explain/gradcam";
import { guidedBackprop } from "../../src/explain/methods/guidedbackprop";
import { fullGradientsOf } from "../../src/explain/methods/fullgrad";
import { integratedGradients } from "../../src/explain/methods/integratedgradients";
import { smoothGrad } from "../../src/explain/methods/smoothgrad";
import { outputOfImages } from "../../src/explain/run";
import { scoreOf } from "../../src/explain/target";
import { sampleHeat } from "../../src/inspect/place";
import { METHODS } from "../../src/explain/methods";
import { guidedRelu, memory, random, tf, trace } from "../../src/tensorflow";
import { readFixture } from "../fixtures";
import { distanceFrom, type Summary } from "../patterns";
import { torchImages, torchModel } from "./torchnet";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

interface Fixture {
  readonly cases: readonly {
    readonly method: "saliency" | "inputXGradient" | "integratedGradients" | "guidedBackprop";
    readonly classIndex: number;
    readonly values: Summary;
  }[];
  readonly fullGrad: { readonly classIndex: number; readonly biases: Readonly<Record<string, Summary>> };
}

const valuesOf = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
const sumOf = (tensor: tf.Tensor): number[] => valuesOf(tf.tidy(() => tensor.sum([1, 2])));

for (const { method, classIndex, values } of readFixture<Fixture>("attributions").cases)
  test(`${method} of class ${classIndex} equals Captum's`, async () => {
    const [model, images] = [torchModel(), torchImages()];
    const heat = await explain(model, images, { method, classIndex });
    const distance = distanceFrom(values, valuesOf(heat.values), heat.values.shape);
    assert.ok(distance < 1e-3, `${distance}`);
    tf.dispose([heat, images]);
    model.dispose();
  });

test("what each layer's biases add to a score is what torch makes of it", () => {
  const { classIndex, biases } = readFixture<Fixture>("attributions").fullGrad;
  const [model, images] = [torchModel(), torchImages()];
  const output = outputOfImages(model, images);
  const { score } = scoreOf(output, { classIndex });
  const parts = [0, 1].map((image) => fullGradientsOf({ model, images, score }, image).biases);
  assert.deepEqual(Object.keys(parts[0] ?? {}).sort(), Object.keys(biases).sort());
  for (const [scope, wanted] of Object.entries(biases)) {
    const both = tf.concat(parts.map((part) => part[scope] ?? assert.fail(scope)), 0); // prettier-ignore
    const distance = distanceFrom(wanted, valuesOf(both), both.shape);
    assert.ok(distance < 1e-3, `${scope}: ${distance}`);
  }
  model.dispose();
});

test("integratedGradients() adds up to the difference of the scores of image and baseline", async () => {
  const [model, images] = [torchModel(), torchImages()];
  const method = integratedGradients({ steps: 200, baseline: [10, 0, -20] });
  const { values } = await explain(model, images, { method, classIndex: [1, 4], against: 0 });
  const [at, start] = [images, tf.tensor1d([10, 0, -20]).add<tf.Tensor4D>(tf.zerosLike(images))].map(
    (given) => model.predict(given, { isTraining: false }).logits.arraySync(),
  );
  sumOf(values).forEach((sum, image) => {
    const [one, other] = [at?.[image] ?? [], start?.[image] ?? []];
    const score = (row: readonly number[]): number => (row[image === 0 ? 1 : 4] ?? NaN) - (row[0] ?? NaN);
    const difference = score(one) - score(other);
    assert.ok(Math.abs(sum - difference) < 0.02, `${sum}, not ${difference}`);
  });
});

test("methods of gradients by pixels give the same whatever the chunk, in each image's own class, and tell their progress", async () => {
  const [model, images] = [torchModel(), torchImages()];
  for (const method of [integratedGradients({ steps: 7 }), smoothGrad({ samples: 5, seed: 3 })]) {
    const told: string[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }): void =>
      void told.push(`${done}/${total}`);
    const options = { method, classIndex: [0, 3] };
    const whole = await explain(model, images, options);
    const parts = await explain(model, images, { ...options, chunk: 5, onProgress });
    const rowByRow = await explain(model, images, { ...options, chunk: 1 });
    const count = method.name === "smoothGrad" ? 10 : 14;
    assert.deepEqual(told.at(-1), `${count}/${count}`);
    assert.ok(told.length > 2);
    const greatest = Math.max(...valuesOf(whole.values).map(Math.abs));
    for (const { values } of [parts, rowByRow]) {
      const apart = tf.sub(whole.values, values).abs().max().dataSync()[0] ?? NaN;
      assert.ok(apart <= 1e-4 * greatest, `${apart} of ${greatest}`);
    }
    const alone = tf.slice(images, [1, 0, 0, 0], [1, -1, -1, -1]);
    if (method.name === "smoothGrad") continue; // a batch has noise of its own
    const one = await explain(model, alone, { method, classIndex: 3 });
    const same = tf.slice(whole.values, [1, 0, 0], [1, -1, -1]).sub(one.values).abs().max();
    assert.ok((same.dataSync()[0] ?? NaN) <= 1e-4 * greatest);
  }
});

test("a stopped explanation leaves nothing", async () => {
  const [model, images] = [torchModel(), torchImages()];
  await explain(model, images, { method: guidedBackprop }).then(tf.dispose);
  const before = memory().tensors;
  const stop = new AbortController();
  const stopped = explain(model, images, {
    ...{ method: "smoothGrad", chunk: 2, signal: stop.signal },
    onProgress: ({ done }) => done >= 4 && stop.abort(new Error("enough")),
  });
  await assert.rejects(stopped, { message: "enough" });
  assert.equal(memory().tensors, before);
});

test("guidedRelu() passes a gradient above 0 where the input is, at once and in trace()", async () => {
  const x = tf.tensor1d([-1, 2, 3, -4]);
  const slopes = (at: tf.Tensor1D): tf.Tensor => tf.grad((y) => guidedRelu(y).mul([5, 6, -7, 8]).sum())(at);
  assert.deepEqual(valuesOf(slopes(x)), [0, 6, 0, 0]);
  const traced = trace(slopes);
  assert.deepEqual(valuesOf(await traced(x)), [0, 6, 0, 0]);
  traced.dispose();
});

test("smoothGrad() is the size of the mean gradient at images with the seed's noise", async () => {
  const [model, images] = [torchModel(), torchImages()];
  const method = smoothGrad({ samples: 3, noise: 0.1, seed: 5 });
  const { values } = await explain(model, images, { method, classIndex: 1 });
  const wanted = tf.tidy(() => {
    const spread = images
      .max([1, 2, 3], true)
      .sub(images.min([1, 2, 3], true))
      .mul(0.1);
    const slopes = tf.grad((x) => model.predict(x.as4D(...images.shape), { isTraining: false }).logits.slice([0, 1], [-1, 1]).sum()); // prettier-ignore
    const at = [0, 1, 2].map((i) => slopes(images.add(random.normal(images.shape, random.seed(5, i)).mul(spread)))); // prettier-ignore
    return tf.addN(at).div(3).abs().sum(3);
  });
  const apart = values.sub(wanted).abs().max().div(wanted.max()).dataSync()[0] ?? NaN;
  assert.ok(apart < 1e-4, `${apart}`);
  const still = await explain(model, images, { method: smoothGrad({ samples: 2, noise: 0 }), classIndex: 1 });
  const plain = await explain(model, images, { method: "saliency", classIndex: 1 });
  assert.ok((still.values.sub(plain.values).abs().max().dataSync()[0] ?? NaN) < 1e-4);
});

test("guided Grad-CAM is guided backpropagation times Grad-CAM where its cells look", async () => {
  const [model, images] = [torchModel(), torchImages()];
  const options = { endpoint: "resnet_v1_14/block3", classIndex: 2 };
  const guided = await explain(model, images, { ...options, method: "guidedGradCam" });
  const plain = await explain(model, images, { ...options, method: "guidedBackprop" });
  const cam = gradCam(model, images, options);
  const wanted = plain.values.mul(sampleHeat(cam.heatmaps, cam, guided));
  const apart = guided.values.sub(wanted).abs().max().div(wanted.abs().max()).dataSync()[0] ?? NaN;
  assert.ok(apart < 1e-5, `${apart}`);
});

test("methods of gradients refuse options that are none", () => {
  assert.throws(() => integratedGradients({ steps: 0 }), { message: /expected steps to be a whole number from 1 on, got 0/ }); // prettier-ignore
  assert.throws(() => integratedGradients({ baseline: NaN }), { message: /expected a finite baseline, got NaN/ }); // prettier-ignore
  assert.throws(() => smoothGrad({ noise: -1 }), { message: /expected noise from 0 on, got -1/ });
  assert.equal(METHODS.smoothGrad.of, "pixels");
});
