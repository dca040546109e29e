import assert from "node:assert/strict";
import { test } from "node:test";
import { Dataset } from "../../src/input";
import { gradCam } from "../../src/explain";
import type { Model } from "../../src/model";
import { memory, tf, type Precision } from "../../src/tensorflow";
import { createEvalStep, createTrainStep, evaluate, features, Saver, train, type FeatureBatch, type StepResult } from "../../src/training"; // prettier-ignore
import { settleBeforeEach, settled } from "../settled";
import { temporaryFolder } from "../temporary";
import { digestOf } from "./digests";
import { valuesOf } from "./thin";
import { photos, scopes, trunkModel } from "./trunk";

settleBeforeEach();

const frozenUpTo = {
  conv1: ["conv1"],
  block1: ["conv1", "block1"],
  block3: ["conv1", "block1", "block2", "block3"],
  global_pool: ["conv1", "block1", "block2", "block3", "block4", "postnorm"],
} as const;

/** What must be equal of two trainings. */
function curveOf(results: readonly StepResult[]): number[] {
  return results.flatMap(({ loss, crossEntropy, accuracy }) => [loss, crossEntropy, accuracy]);
}

function expectClose(
  got: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what: string,
): void {
  assert.equal(got.length, expected.length, what);
  expected.forEach((value, i) => assert.ok(Math.abs(value - (got[i] ?? NaN)) <= tolerance * Math.max(1, Math.abs(value)), `${what}: ${got[i]}, not ${value}`)); // prettier-ignore
}

const variablesOf = (model: Model): number[][] =>
  model.variables.all().map(({ variable }) => valuesOf(variable));

for (const architecture of ["resnet_v1_14", "resnet_v2_14"] as const)
  for (const [upTo, names] of Object.entries(frozenUpTo)) {
    if (architecture === "resnet_v2_14" && upTo === "conv1") continue;
    test(`${architecture}, frozen up to ${upTo}: two views of features give the curve of the photos they were made of`, async () => {
      const form = { architecture, preprocessing: "vgg" } as const; // of large numbers, which no epsilon hides
      const [whole, cut] = [trunkModel(form), trunkModel(form)];
      const here = names.filter((name) => name !== "postnorm" || architecture === "resnet_v2_14");
      const options = { scopesToFreeze: scopes(whole, ...here), learningRate: 0.02, seed: 9 };
      const [wholeStep, cutStep] = [createTrainStep(whole, options), createTrainStep(cut, options)];
      const expected = await train(wholeStep, photos().repeat(), { steps: 18 });
      const { scopesToFreeze, seed } = options;
      const made = await features(cut, photos(), { scopesToFreeze, seed, views: 2, shuffle: false });
      const endpoint = upTo === "global_pool" ? upTo : `${architecture}/${upTo}`;
      assert.deepEqual([made.endpoint, made.photos, made.views], [endpoint, 36, 2]);
      const got = await train(cutStep, made, { steps: 18 });
      expectClose(curveOf(got), curveOf(expected), 1e-5, "curve");
      const [mine, theirs] = [variablesOf(cut), variablesOf(whole)];
      mine.forEach((values, i) => expectClose(values, theirs[i] ?? [], 1e-4, `variable ${i}`));
      assert.equal(cutStep.globalStep, 18);
      [made, wholeStep, cutStep, whole, cut].forEach((one) => one.dispose());
    });
  }

test("evaluate() on features is evaluate() on the photos; heat maps are of the whole model", async () => {
  const model = trunkModel();
  const scopesToFreeze = scopes(model, ...frozenUpTo.block3);
  const step = createTrainStep(model, { scopesToFreeze });
  const made = await features(model, photos(), { scopesToFreeze, isTraining: false });
  await train(step, made, { steps: 9 });
  const [got, expected] = [await evaluate(model, made), await evaluate(model, photos())];
  assert.deepEqual([got.accuracy, got.count, got.confusion], [expected.accuracy, 36, expected.confusion]);
  expectClose([got.loss, got.crossEntropy], [expected.loss, expected.crossEntropy], 1e-5, "loss");
  const evalStep = createEvalStep(model, { features: made });
  assert.deepEqual((await evaluate(model, made, { evalStep })).loss, got.loss);
  await assert.rejects(evaluate(model, photos(), { evalStep }), /expected an evalStep that takes images, as the dataset gives, got one that takes features of "resnet_v1_14\/block3"/); // prettier-ignore
  tf.tidy(() => void gradCam(model, model.preprocess(tf.zeros<tf.Rank.R4>([1, 40, 40, 3]))));
  [made, evalStep, step, model].forEach((one) => one.dispose());
});

test("bfloat16 halves features and rounds them as TensorFlow does", async () => {
  const model = trunkModel();
  const endpoint = "resnet_v1_14/block2";
  const options = { endpoint, isTraining: false, batchSize: 36 };
  const [full, half] = [await features(model, photos(), options), await features(model, photos(), { ...options, storage: "bfloat16" })]; // prettier-ignore
  const numbers = full.shape.reduce((product, side) => product * side, 1);
  assert.deepEqual([full.bytes, half.bytes], [36 * (4 * numbers + 4), 36 * (2 * numbers + 4)]);
  const [[{ features: exact }, labels], [{ features: rounded }, same]] = [
    await full.first(),
    await half.first(),
  ];
  assert.deepEqual(valuesOf(same), valuesOf(labels));
  const [from, to] = [valuesOf(exact), valuesOf(rounded)];
  const bits = new DataView(new ArrayBuffer(4));
  to.forEach((value, i) => {
    bits.setFloat32(0, value);
    assert.equal(bits.getUint16(2), 0);
    assert.ok(Math.abs(value - (from[i] ?? NaN)) <= Math.abs(from[i] ?? NaN) / 256, `${value} of ${from[i]}`);
  });
  const scopesToFreeze = scopes(model, "conv1", "block1", "block2");
  const curves: number[][] = [];
  for (const made of [full, half]) {
    const own = trunkModel();
    const step = createTrainStep(own, { scopesToFreeze });
    const results = await train(step, made.repeat(9), { steps: 9 });
    curves.push(results.map(({ loss }) => loss));
    [step, own].forEach((one) => one.dispose());
  }
  expectClose(curves[1] ?? [], curves[0] ?? [], 0.01, "curve");
  tf.dispose([exact, labels, rounded, same]);
  [full, half, model].forEach((one) => one.dispose());
});

test("features in bfloat16 are near those in float32", async () => {
  const model = trunkModel({ fixedResizeSide: 64, defaultImageSize: 64 });
  const of = async (precision: Precision): Promise<number[]> => {
    const made = await features(model, photos(), { endpoint: "resnet_v1_14/block3", precision, isTraining: false }); // prettier-ignore
    const values: number[] = [];
    for await (const [{ features: batch }] of made) values.push(...valuesOf(batch));
    made.dispose();
    return values;
  };
  const [full, reduced] = [await of("float32"), await of("bfloat16")];
  const furthest = Math.max(...full.map((value, i) => Math.abs(value - (reduced[i] ?? NaN))));
  assert.ok(furthest > 0 && furthest < 0.05 * Math.max(...full), String(furthest));
  model.dispose();
});

test("a head that learns from each batch of features as it is computed has the curve of the photos", async () => {
  const [whole, cut] = [trunkModel(), trunkModel()];
  const options = { scopesToFreeze: scopes(whole, ...frozenUpTo.global_pool.slice(0, -1)), learningRate: 0.02, seed: 9 }; // prettier-ignore
  const [wholeStep, cutStep] = [createTrainStep(whole, options), createTrainStep(cut, options)];
  const expected = await train(wholeStep, photos().repeat(), { steps: 12 });
  const { scopesToFreeze, seed } = options;
  const got: StepResult[] = [];
  const take = cutStep.from("global_pool");
  const made = await features(cut, photos(), {
    ...{ scopesToFreeze, seed, views: 2 },
    onBatch: async ([{ features: batch }, label]) => {
      if (got.length < 12) got.push(await take(batch, label));
    },
  });
  expectClose(curveOf(got), curveOf(expected), 1e-5, "curve");
  await train(cutStep, made, { steps: 1 }); // which are still of these weights
  assert.equal(cutStep.globalStep, 13);
  [made, wholeStep, cutStep, whole, cut].forEach((one) => one.dispose());
});

test("an input without an end is read for as many epochs as there are views, then no more", async () => {
  const model = trunkModel();
  const told: (number | undefined)[] = [];
  const options = { endpoint: "resnet_v1_14/block3", views: 2, shuffle: false };
  const made = await features(model, photos({ numEpochs: 0 }), { ...options, onProgress: ({ done, total }) => told.push(done, total) }); // prettier-ignore
  assert.equal(made.photos, 37);
  assert.deepEqual(told.slice(-2), [74, 74]);
  await assert.rejects(
    features(
      model,
      photos()
        .map((batch) => batch)
        .repeat(),
      options,
    ),
    {
      name: "RangeError",
      message:
        "Cannot compute features: expected a dataset that ends or repeats whole epochs of known length, got one without an end: give createInputFn() numEpochs: 1",
    },
  );
  made.dispose();
  model.dispose();
});

test("each epoch is another order of one view of each photo", async () => {
  const model = trunkModel({ isTraining: true });
  const made = await features(model, photos(), { endpoint: "global_pool", views: 2, batchSize: 36 });
  const epochs: string[][] = [];
  for await (const [{ features: batch }] of made.take(4)) {
    epochs.push(tf.tidy(() => tf.unstack(batch).map(digestOf)));
  }
  const [first = [], second = [], third = [], fourth = []] = epochs;
  assert.equal(new Set(first).size, 36);
  assert.deepEqual([...third].sort(), [...first].sort());
  assert.deepEqual([...fourth].sort(), [...second].sort());
  assert.ok(first.every((one) => !second.includes(one)));
  assert.notDeepEqual(third, first);
  made.dispose();
  model.dispose();
});

test("a training on features goes on exactly from a checkpoint, and not on others", async () => {
  const folder = temporaryFolder("features");
  const scopesToFreeze = scopes(trunkModel(), ...frozenUpTo.block1);
  const options = { scopesToFreeze, views: 2, folder: `${folder}/kept` };
  const run = async (steps: number, more: object = {}): Promise<number[][]> => {
    const model = trunkModel();
    const step = createTrainStep(model, { scopesToFreeze });
    const made = await features(model, photos(), { ...options, ...more });
    const batches = made.iterator();
    const saver = new Saver();
    if (steps > 11) saver.restore(folder, model, step, batches);
    await train(step, batches, { steps: Math.min(steps, 11) });
    if (steps === 11) await saver.save(`${folder}/model.ckpt`, model, { step, iterator: batches });
    const left = variablesOf(model);
    if (steps === 5) await train(step, batches, { steps: 17 });
    const all = steps === 5 ? variablesOf(model) : left;
    [batches, made, step, model].forEach((one) => one.dispose());
    return all;
  };
  const whole = await run(5); // 22 steps
  await run(11);
  assert.deepEqual(await run(12), whole); // 11 more
  await assert.rejects(
    run(12, { seed: 2 }),
    /expected a position in a dataset of the same steps .*features\(\w+\) for features/,
  );
});

test("features are refused once the weights before them have changed, by a step that trains them, and as photos", async () => {
  const model = trunkModel();
  const scopesToFreeze = scopes(model, ...frozenUpTo.block3);
  const made = await features(model, photos(), { scopesToFreeze });
  const step = createTrainStep(model, { scopesToFreeze });
  const other = createTrainStep(model, { scopesToFreeze: scopes(model, "conv1", "block1") });
  await train(step, made, { steps: 2 });
  await assert.rejects(train(other, made, { steps: 1 }), {
    name: "RangeError",
    message:
      'Cannot begin a step at "resnet_v1_14/block3": expected all layers before it frozen, got "resnet_v1_14/block2/unit_1/bottleneck_v1/shortcut/weights", which is trained',
  });
  await assert.rejects(
    evaluate(model, made.take(1)),
    /expected features of the middle of each photo, got some of random crops/,
  );
  const unknown = (async function* () { for await (const batch of made.take(1)) yield batch; })(); // prettier-ignore
  await assert.rejects(train(step, unknown, { steps: 1 }), /Cannot train: expected batches \[\{ image \}, label\], or a dataset made of what features\(\) gives, got features of unknown weights/); // prettier-ignore
  await train(other, photos(), { steps: 1 });
  const stale =
    /Cannot train: expected features of the model's weights before "resnet_v1_14\/block3", got those of others/;
  await assert.rejects(train(step, made, { steps: 1 }), stale);
  await assert.rejects(train(step, made.take(1), { steps: 1 }), stale);
  [made, step, other, model].forEach((one) => one.dispose());
});

test("features() says what is missing or wrong", async () => {
  const model = trunkModel();
  const refuses = (options: object, message: RegExp): Promise<void> =>
    assert.rejects(features(model, photos(), options), { name: "RangeError", message });
  await refuses({}, /expected an endpoint, or the scopes that a train step freezes, got neither/);
  await refuses({ scopesToFreeze: scopes(model, "block1") }, /expected all frozen up to an endpoint, got "resnet_v1_14\/conv1\/weights", which is trained, before the first/); // prettier-ignore
  await refuses({ scopesToFreeze: scopes(model, "conv1/weights") }, /got "resnet_v1_14\/conv1\/BatchNorm\/gamma", which is trained/); // prettier-ignore
  await refuses({ endpoint: "resnet_v1_14/block2", scopesToFreeze: scopes(model, "conv1") }, /Cannot compute features of "resnet_v1_14\/block2": expected all layers before it frozen, got "resnet_v1_14\/block1/); // prettier-ignore
  await refuses(
    { endpoint: "resnet_v1_14/block1/unit_1/bottleneck_v1/conv2" },
    /take the unit's or the block's/,
  );
  await refuses({ endpoint: "global_pool", views: 0 }, /expected views a whole number from 1 on, got 0/);
  await refuses(
    { endpoint: "global_pool", storage: "float16" },
    /expected storage "float32" or "bfloat16", got "float16"/,
  );
  await refuses(
    { endpoint: "global_pool", precision: "float16" },
    /Cannot compute features: expected precision "float32", "bfloat16" or "auto", got "float16"/,
  );
  await refuses(
    { endpoint: "global_pool", numEpochs: 1.5 },
    /expected numEpochs a whole number from 0 on, got 1.5/,
  );
  const none = Dataset.zip(photos().take(0)).map(([batch]) => batch);
  await assert.rejects(features(model, none, { endpoint: "global_pool" }), RangeError);
  model.dispose();
});

test("features leave nothing behind", async () => {
  const model = trunkModel();
  const scopesToFreeze = scopes(model, ...frozenUpTo.block3);
  const step = createTrainStep(model, { scopesToFreeze });
  const once = async (): Promise<void> => {
    const input = photos();
    const take = step.from("resnet_v1_14/block3");
    const onBatch = async ([{ features: batch }, label]: FeatureBatch): Promise<void> => void (await take(batch, label)); // prettier-ignore
    const made = await features(model, input, { scopesToFreeze, views: 2, onBatch });
    await train(step, made, { steps: 3 });
    made.dispose();
    input.dispose();
  };
  await once();
  await settled();
  const before = memory();
  await once();
  await settled();
  assert.deepEqual(memory(), before);
  step.dispose();
  model.dispose();
});
