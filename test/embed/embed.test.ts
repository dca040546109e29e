import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { embed } from "../../src/embed";
import { createInputFn, preprocessForEval, type Dataset, type LabeledBatch } from "../../src/input";
import { memory, tf } from "../../src/tensorflow";
import { features } from "../../src/training";
import { records, trunkModel } from "../training/trunk";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

/** The 37 photos, the middle of each. */
function photos(numEpochs = 1): Dataset<LabeledBatch> {
  const transform = (image: tf.Tensor3D): tf.Tensor3D =>
    preprocessForEval(image, { size: 40, resizeSide: 46 });
  return createInputFn(records, { batchSize: 8, numEpochs, transform })();
}

/** The greatest difference, by the root mean square. */
function furthest(one: ArrayLike<number>, other: ArrayLike<number>): number {
  assert.equal(one.length, other.length);
  const scale = Math.sqrt(Array.from(other).reduce((sum, value) => sum + value * value, 0) / other.length);
  return Array.from(one).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? NaN)) / scale),
    0,
  );
}

test("embed() gives TF-Slim's global_pool of each photo, its label and its picture, and leaves no tensor", async () => {
  const model = trunkModel();
  const input = photos();
  await embed(model, input); // the input keeps its compiled functions
  const told: unknown[] = [];
  const before = memory();
  const embeddings = await embed(model, input, {
    classNames: ["<hat>", "shoes"],
    onProgress: (at) => told.push(at),
  });
  assert.deepEqual(memory(), before);
  assert.equal(embeddings.count, 37);
  assert.equal(embeddings.dimensions, model.declaration.output[3]);
  const [vectors, labels]: [number[], number[]] = [[], []];
  for await (const [{ image }, label] of input)
    tf.tidy(() => {
      const { endpoints } = model.predict(model.preprocess(image), { isTraining: false });
      vectors.push(...(endpoints["global_pool"]?.dataSync() ?? []));
      labels.push(...label.dataSync());
    });
  const distance = furthest(embeddings.vectors, vectors);
  assert.ok(distance < 1e-5, String(distance));
  assert.deepEqual(embeddings.labels, labels);
  assert.equal(embeddings.thumbnails.length, 37);
  assert.ok(
    embeddings.thumbnails.every((file) => file[0] === 0xff && file[1] === 0xd8 && file.length < 4000),
  );
  assert.deepEqual(told.slice(0, 2), [{ done: 8, total: 37 }, { done: 16, total: 37 }]); // prettier-ignore
  assert.equal(told.length, 5);
  assert.match(bundleOf(embeddings)["text/plain"], /^Embeddings of 37 photos: \d+ numbers each$/);
  input.dispose();
  model.dispose();
});

test("embed() goes on from what features() gave, at whichever endpoint, and shows the photos given beside", async () => {
  const model = trunkModel();
  const input = photos();
  const whole = await embed(model, input);
  for (const endpoint of ["resnet_v1_14/block3", "global_pool"]) {
    const made = await features(model, input, { endpoint, isTraining: false });
    const cut = await embed(model, made);
    assert.ok(furthest(cut.vectors, whole.vectors) < 1e-5, endpoint);
    assert.deepEqual([cut.labels, cut.thumbnails], [whole.labels, []]);
    assert.match(String(bundleOf(await cut.nearest(2, { count: 3 }))["text/html"]), /<table>/);
    assert.deepEqual((await embed(model, made, { photos: input })).thumbnails, whole.thumbnails);
    const few = input.take(2);
    await assert.rejects(embed(model, made, { photos: few }), {
      name: "RangeError",
      message: "Cannot embed: expected the 37 photos that the features are of, got 16",
    });
    model.variables.expect("resnet_v1_14/conv1/weights").assign(tf.zerosLike(model.variables.expect("resnet_v1_14/conv1/weights"))); // prettier-ignore
    await assert.rejects(
      embed(model, made),
      /^RangeError: Cannot embed: expected features of the model's weights/,
    );
    const again = trunkModel();
    for (const { name, variable } of again.variables.all()) model.variables.expect(name).assign(variable);
    again.dispose();
    [few, made].forEach((one) => one.dispose());
  }
  const cropped = await features(model, input, { endpoint: "global_pool" });
  await assert.rejects(embed(model, cropped), /expected features of the middle of each photo/);
  [cropped, input].forEach((one) => one.dispose());
  model.dispose();
});

test("embed() stops between batches, and says what is wrong with its input", async () => {
  const model = trunkModel();
  const input = photos();
  await embed(model, input);
  const before = memory();
  const stop = new AbortController();
  const stopping = embed(model, input, {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error("enough")),
  });
  await assert.rejects(stopping, { message: "enough" });
  assert.deepEqual(memory(), before);
  const endless = photos(0);
  await assert.rejects(
    embed(model, endless),
    /^RangeError: Cannot embed: expected a dataset that ends, got one/,
  );
  await assert.rejects(embed(model, input, { classNames: ["hat"] }), {
    message: "Cannot embed: expected a name for each of the model's 2 classes, got 1",
  });
  await assert.rejects(embed(model, input, { photos: input }), TypeError);
  await assert.rejects(
    embed(model, input, { thumbnails: -1 }),
    /expected thumbnails a whole number from 0 on, got -1/,
  );
  const weights = model.variables.expect("resnet_v1_14/block4/unit_1/bottleneck_v1/conv1/weights");
  tf.tidy(() => weights.assign(tf.fill(weights.shape, NaN)));
  await assert.rejects(embed(model, input), {
    name: "RangeError",
    message: "Cannot embed photo 0: expected finite numbers, got NaN: the model has diverged",
  });
  [input, endless].forEach((one) => one.dispose());
  model.dispose();
});
