import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadClassifier, saveClassifier } from "../../src/classifier";
import { loadSavedModel } from "../../src/export";
import { preprocessForEval } from "../../src/input";
import { memory, tf } from "../../src/tensorflow";
import { createTrainStep, findCheckpoint, initVariablesFromCheckpoint } from "../../src/training";
import { python, skip } from "../python";
import { temporaryFolder } from "../temporary";
import { NAMES, photo, probabilitiesOf, smallModel } from "./small";

const root = temporaryFolder("classifier");

test("a classifier that is loaded in another process gives the same probabilities to the bit", async () => {
  const model = smallModel({ strides: "torchvision", batchNormEpsilon: 1e-3 });
  const dir = await saveClassifier(model, join(root, "bits"), { classNames: NAMES });
  const output = execFileSync(process.execPath, [join(__dirname, "load.js"), dir], { encoding: "utf8" });
  assert.deepEqual(JSON.parse(output), { classNames: NAMES, probabilities: probabilitiesOf(model) });
  model.dispose();
});

test("a classifier keeps its options, how it was trained and how good it is, and what is saved over it is another", async () => {
  const dir = join(root, "whole");
  const several = { multiLabel: true, positiveWeights: [1, 2, 3], labelSmoothing: 0.1, seed: 3 } as const;
  const [model, other] = [smallModel({ ...several, isTraining: true }), smallModel()];
  const epoch = { epoch: 1, globalStep: 9, trainLoss: NaN, trainAccuracy: 0.5, learningRate: 0.1, seconds: 1, imagesPerSecond: 3 }; // prettier-ignore
  const better = { ...epoch, epoch: 2, validationLoss: 0.3, validationAccuracy: 0.9, metrics: { f1: 0.8 } };
  const trained = {
    epochs: [epoch, better, { ...better, epoch: 3, validationLoss: 0.4 }],
    bestEpoch: 2,
    steps: [],
  };
  const preprocessing = { size: 30, resizeSide: 40, interpolation: "bicubic" } as const;
  const sizes = { preprocessing, threshold: [0.1, 0.2, 0.3] };
  for (const one of [model, other]) probabilitiesOf(one); // whose first values are drawn when they are needed
  const before = memory();
  await saveClassifier(model, dir, { classNames: NAMES, trained, ...sizes, notes: "37 photos" });
  const loaded = loadClassifier(dir);
  const { model: own, dispose: _, exportSavedModel: __, saveCheckpoint: ___, ...exported } = loaded;
  const { exportWeb: ____, exportOnnx: _____, ...known } = exported;
  assert.deepEqual({ ...own.options, isTraining: true }, model.options);
  assert.deepEqual(probabilitiesOf(own), probabilitiesOf(model));
  const { saved, checkpoint, ...told } = known;
  assert.deepEqual({ ...told, model: 0 }, {
    ...{ model: 0, classNames: NAMES, ...sizes, globalStep: 0, notes: "37 photos" },
    ...{ trained: { epochs: trained.epochs, bestEpoch: 2 } },
    metrics: { accuracy: 0.9, crossEntropy: 0.3, f1: 0.8 },
  }); // prettier-ignore
  assert.ok(Math.abs(Date.parse(saved) - Date.now()) < 3_600_000);
  assert.equal(checkpoint, findCheckpoint(dir));
  loaded.dispose();
  assert.deepEqual(memory(), before);
  await saveClassifier(other, dir, { classNames: NAMES, metrics: { accuracy: 1 } });
  assert.equal(readdirSync(dir).length, 4, "classifier.json, checkpoint, and two files of weights");
  const again = loadClassifier(dir);
  assert.deepEqual(probabilitiesOf(again.model), probabilitiesOf(other));
  assert.deepEqual([again.metrics, again.trained, again.notes], [{ accuracy: 1 }, undefined, undefined]);
  const both = [model, other].map((one) => saveClassifier(one, dir, { classNames: NAMES }));
  await Promise.all(both);
  const last = loadClassifier(dir);
  assert.deepEqual(probabilitiesOf(last.model), probabilitiesOf(other), "of two at once the later");
  assert.equal(readdirSync(dir).length, 4);
  for (const one of [last, again, model, other]) one.dispose();
});

test("a save that the signal ends leaves no folder, and a classifier that was there as it was", async () => {
  const [first, model] = [smallModel(), smallModel({ seed: 8 })];
  const dir = await saveClassifier(first, join(root, "ended", "kept"), { classNames: NAMES });
  const files = readdirSync(dir);
  const before = memory();
  for (const place of [dir, join(root, "ended", "new", "deep")]) {
    const controller = new AbortController();
    const saving = saveClassifier(model, place, { classNames: NAMES, signal: controller.signal });
    controller.abort(new Error("stopped"));
    await assert.rejects(saving, /^Error: stopped$/);
  }
  assert.deepEqual(memory(), before);
  assert.deepEqual([readdirSync(dir), readdirSync(join(root, "ended"))], [files, ["kept"]]);
  const loaded = loadClassifier(dir);
  assert.deepEqual(probabilitiesOf(loaded.model), probabilitiesOf(first));
  for (const one of [loaded, first, model]) one.dispose();
});

test("a classifier that is loaded trains on as the one that was saved", async () => {
  const model = smallModel({ isTraining: true });
  const images = tf.tidy(() => tf.stack([photo("a"), photo("b")]).as4D(2, 40, 52, 3));
  const labels = tf.tensor1d([0, 2], "int32");
  const options = { learningRate: 0.01 };
  const step = createTrainStep(model, options);
  await step(images, labels);
  const dir = await saveClassifier(model, join(root, "trains"), { classNames: NAMES });
  const loaded = loadClassifier(dir, { isTraining: true });
  assert.equal(loaded.globalStep, 1);
  const [one, other] = [
    createTrainStep(model, options),
    createTrainStep(loaded.model, { ...options, globalStep: loaded.globalStep }),
  ];
  for (let i = 0; i < 2; i++) assert.deepEqual(await other(images, labels), await one(images, labels));
  assert.deepEqual(probabilitiesOf(loaded.model), probabilitiesOf(model));
  for (const each of [step, one, other, images, labels, loaded, model]) each.dispose();
});

test("out of a classifier come a checkpoint and a SavedModel that sees photos as it does", async () => {
  const model = smallModel();
  const preprocessing = { size: 33, resizeSide: 38 };
  const dir = await saveClassifier(model, join(root, "out"), { classNames: NAMES, preprocessing });
  const loaded = loadClassifier(dir);
  const prefix = await loaded.saveCheckpoint(join(root, "slim/model.ckpt"));
  const fresh = smallModel({ seed: 99 });
  for (const place of [prefix, dir]) initVariablesFromCheckpoint(fresh, place);
  assert.deepEqual(probabilitiesOf(fresh), probabilitiesOf(model));
  const served = loadSavedModel(loaded.exportSavedModel(join(root, "servo"), { receive: "images" }));
  assert.deepEqual(served.labels, NAMES);
  const [got, expected] = tf.tidy(() => {
    const image = photo("served", 41, 55);
    const fitted = preprocessForEval(image, preprocessing).expandDims<tf.Tensor4D>(0);
    const { logits } = model.predict(model.preprocess(fitted), { isTraining: false });
    const outputs = served.predict({ image: image.toFloat().expandDims(0) });
    return [outputs["logits"], logits].map((tensor) => [...(tensor?.dataSync() ?? [])]);
  });
  for (const [i, logit] of (expected ?? []).entries()) assert.ok(Math.abs(logit - (got?.[i] ?? NaN)) < 1e-5);
  for (const one of [served, loaded, fresh, model]) one.dispose();
});

test("Python's TensorFlow finds and reads a classifier's weights", { skip }, async () => {
  const model = smallModel();
  const dir = await saveClassifier(model, join(root, "python"), { classNames: NAMES });
  const script = join(__dirname, "../../../test/training/saver.py");
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" };
  const output = execFileSync(python ?? "", [script, "read", dir], { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1e9 }); // prettier-ignore
  const [read]: { values: Record<string, number[]> }[] = JSON.parse(output); // eslint-disable-line @typescript-eslint/no-unsafe-assignment -- saver.py says what it prints
  const { global_step: step, ...values } = read?.values ?? {};
  assert.deepEqual(step, [0]);
  const all = model.variables.all().map(({ name, variable }) => [name, [...variable.dataSync()]]);
  assert.deepEqual(values, Object.fromEntries(all));
  model.dispose();
});

test("what is no classifier, a damaged one or one of another version is refused, and nothing is kept of it", async () => {
  const model = smallModel();
  const dir = await saveClassifier(model, join(root, "damaged"), { classNames: NAMES });
  const file = join(dir, "classifier.json");
  const text = readFileSync(file, "utf8");
  const weights = readdirSync(dir).find((name) => name.includes(".data-")) ?? "";
  const before = memory();
  const damages: readonly (readonly [RegExp, string, string])[] = [
    [/"version": 3/, '"version": 4', "expected format version 1 to 3, got 4, as another version of slimlab writes it"],
    [/^[^]*$/, "{", "expected what saveClassifier() writes, got 1 characters that are no JSON"],
    [/^[^]*$/, "[]", "expected an object, got []"],
    [/^[^]*$/, '{"name": "hat"}', 'expected a format "slimlab classifier", got none'],
    [/"width": [\d.]+/, '"width": "wide"', "expected model.width a number, got wide"],
    [/"strides": "slim"/, '"strides": "none"', "expected model.strides of slim, torchvision, keras, got none"],
    [/"hat"/, '"shoes"', 'expected a name of its own for each class, got "shoes" twice'],
    [/"size": 32/, '"size": 99', "expected a size of at most resizeSide 36, got 99"],
    [/"threshold": 0.5/, '"threshold": 5', "expected threshold in 0 … 1, got 5"],
    [/"interpolation": "slim"/, '"interpolation": "best"', "expected model.interpolation of slim, bilinear, bicubic, got best"],
    [/"checkpoint": "/, '"checkpoint": "../', "expected a checkpoint beside it, got ../model-"],
    [/"numClasses": 3/, '"numClasses": 4', "expected a name for each of the model's 4 classes, got 3"],
    [/"width": [\d.]+/, '"width": 0.25', "expected every variable in it"],
    [/"checkpoint": "model-/, '"checkpoint": "model-x', "Cannot find checkpoint"],
  ]; // prettier-ignore
  for (const [from, to, message] of damages) {
    writeFileSync(file, text.replace(from, to));
    assert.throws(() => loadClassifier(dir), (error: Error) => error.message.startsWith("Cannot ") && error.message.includes(message)); // prettier-ignore
    assert.deepEqual(memory(), before, message);
  }
  writeFileSync(file, text);
  truncateSync(join(dir, weights), 1000);
  assert.throws(() => loadClassifier(dir), new RegExp(`Cannot .*${dir}`));
  rmSync(join(dir, weights));
  assert.throws(() => loadClassifier(dir), new RegExp(`Cannot .*${dir}`));
  assert.throws(() => loadClassifier(root), /expected a folder of saveClassifier\(\), got no classifier.json in it$/); // prettier-ignore
  assert.throws(() => loadClassifier(join(root, "none")), /^Error: Cannot load ".*none": expected a folder/);
  assert.deepEqual(memory(), before);
  model.dispose();
});

test("a classifier of before resizes photos as it did, whatever its weights are of", async () => {
  const model = smallModel({ source: "torchvision" });
  assert.equal(model.photoSize.interpolation, "bilinear");
  const dir = await saveClassifier(model, join(root, "before"), { classNames: NAMES });
  model.dispose();
  const file = join(dir, "classifier.json");
  const text = readFileSync(file, "utf8").replace('"version": 3', '"version": 1');
  writeFileSync(file, text.replaceAll(/,\s*"interpolation": "bilinear"/g, "").replaceAll(/"interpolation": "bilinear",\s*/g, ""));
  const before = loadClassifier(dir);
  assert.deepEqual([before.preprocessing.interpolation, before.model.options.interpolation], ["slim", "slim"]);
  before.dispose();
}); // prettier-ignore

test("a second ResNet of before has VGG's pixels and photos in their proportions", async () => {
  const model = smallModel({ architecture: "resnet_v2_14", preprocessing: "vgg" });
  const dir = await saveClassifier(model, join(root, "second"), { classNames: NAMES });
  const wanted = probabilitiesOf(model);
  model.dispose();
  const file = join(dir, "classifier.json");
  const text = readFileSync(file, "utf8").replace('"version": 3', '"version": 2');
  writeFileSync(file, text.replace(/"preprocessing": "vgg",\s*/, ""));
  const before = loadClassifier(dir);
  assert.deepEqual(probabilitiesOf(before.model), wanted);
  assert.deepEqual(before.preprocessing, { resizeSide: 36, size: 32, interpolation: "slim" });
  before.dispose();
});

test("saveClassifier() refuses what can't be loaded again, leaves other folders alone, and replaces nothing by a half", async () => {
  const model = smallModel();
  const dir = await saveClassifier(model, join(root, "refused"), { classNames: NAMES });
  const [first] = readdirSync(dir);
  const refused = (message: RegExp, options: object): Promise<void> =>
    assert.rejects(saveClassifier(model, dir, { classNames: NAMES, ...options }), message);
  await refused(/expected a name for each of the model's 3 classes, got 1$/, { classNames: ["hat"] });
  await refused(/expected a name of its own for each class, got "b" twice$/, { classNames: ["a", "b", "b"] });
  await refused(/expected class names of a line each, got "a\\nb"$/, { classNames: ["a\nb", "b", "c"] });
  await refused(/expected a size of at most resizeSide 8, got 32$/, { preprocessing: { resizeSide: 8 } });
  await refused(/expected threshold in 0 … 1, got 2$/, { threshold: 2 });
  await refused(/expected metrics that are numbers, got "confusion"$/, { metrics: { confusion: [[1]] } });
  assert.deepEqual(readdirSync(dir)[0], first);
  await assert.rejects(
    saveClassifier(model, "", { classNames: NAMES }),
    /expected the path of a folder, got none/,
  );
  const mine = join(root, "mine");
  mkdirSync(mine);
  writeFileSync(join(mine, "thesis.txt"), "");
  await assert.rejects(saveClassifier(model, mine, { classNames: NAMES }), /expected a new folder, an empty one, or one of a classifier, got one with thesis.txt$/); // prettier-ignore
  const blocked = join(dir, `classifier.json.part-${process.pid}`); // where the next classifier.json would be written
  mkdirSync(blocked);
  await assert.rejects(saveClassifier(model, dir, { classNames: NAMES }), /^Error: Cannot save ".*refused": expected a folder with room to write to/); // prettier-ignore
  rmSync(blocked, { recursive: true });
  assert.equal(readdirSync(dir).length, 4);
  loadClassifier(dir).dispose();
  model.dispose();
  await assert.rejects(saveClassifier(model, dir, { classNames: NAMES }), /^Error: Cannot save classifier: expected a model with its variables, got a disposed one$/); // prettier-ignore
});
