/** Training with an auxiliary classifier, whose cross-entropy counts 0.4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { originOf } from "../../src/training/features/origin";
import { createTrainStep, features } from "../../src/training";
import { Dataset, type LabeledBatch } from "../../src/input";
import { Model, type ModelOptions } from "../../src/model";
import { getTrainableVariables } from "../../src/model/scopes";
import { memory, tf } from "../../src/tensorflow";
import { patternBatch, valuesOf } from "./thin";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const SIDE = 107;
const RATE = 0.01;
const AUX = "InceptionV3/AuxLogits";

/** An Inception of the least channels, on the smallest images that have room for its auxiliary classifier. */
function auxModel(options: ModelOptions = {}): Model {
  const sizes = { defaultImageSize: SIDE, fixedResizeSide: SIDE, width: 1 / 16, numClasses: 5 };
  const form = { architecture: "inception_v3", createAuxLogits: true, dropoutKeepProb: 1 } as const;
  return new Model({ ...sizes, ...form, isTraining: true, ...options });
}

/** Photographs that are their own mirror images: a step mirrors at random. The caller disposes both. */
function symmetricBatch(): LabeledBatch {
  const [{ image }, labels] = patternBatch("auxiliary", 4, SIDE);
  const symmetric = tf.tidy(() => image.add<tf.Tensor4D>(image.reverse(2)).div<tf.Tensor4D>(2));
  image.dispose();
  return [{ image: symmetric }, labels];
}

/** -log of the probability of each label, the mean of them: by hand. */
function crossEntropy(logits: tf.Tensor2D, labels: readonly number[]): number {
  const rows = logits.arraySync();
  const each = rows.map((row, i) => {
    const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
    return Math.log(sum) - (row[labels[i] ?? NaN] ?? NaN);
  });
  return each.reduce((total, value) => total + value, 0) / each.length;
}

function near(got: number, expected: number, what: string): void {
  assert.ok(Math.abs(got / expected - 1) < 1e-5, `${what}: ${got} for ${expected}`);
}

test("a model's loss is its cross-entropy, 0.4 of its auxiliary classifier's and the weight decay, in training alone", () => {
  const before = memory();
  const model = auxModel();
  const [{ image }, labels] = symmetricBatch();
  const classes = valuesOf(labels);
  tf.tidy(() => {
    const images = model.preprocess(image);
    const predictions = model.predict(images);
    const { auxLogits = assert.fail("no auxiliary logits") } = predictions;
    const losses = model.loss(predictions, labels);
    const [main, aux] = [crossEntropy(predictions.logits, classes), crossEntropy(auxLogits, classes)];
    const decayed = model.variables.all().filter(({ weightDecay }) => weightDecay > 0);
    const squares = decayed.flatMap(({ variable }) => valuesOf(variable.square().sum()));
    const decay = squares.reduce((sum, square) => sum + (4e-5 * square) / 2, 0);
    near(losses.crossEntropy.arraySync(), main, "cross-entropy");
    near(losses.auxiliary?.arraySync() ?? NaN, 0.4 * aux, "auxiliary");
    near(losses.regularization.arraySync(), decay, "regularization");
    near(losses.loss.arraySync(), main + 0.4 * aux + decay, "loss");
    const inference = model.predict(images, { isTraining: false });
    assert.equal(inference.auxLogits, undefined);
    assert.deepEqual(inference.endpoints["AuxLogits"]?.shape, [4, 1, 1, 5]);
    assert.equal(model.loss(inference, labels).auxiliary, undefined);
  });
  tf.dispose([image, labels]);
  model.dispose();
  assert.deepEqual(memory(), before);
});

for (const eager of [false, true])
  test(`a step ${eager ? "eager" : "compiled"} goes down the gradient of both classifiers' losses`, async () => {
    const model = auxModel();
    const [{ image }, labels] = symmetricBatch();
    const trained = getTrainableVariables(model).map(({ variable }) => variable);
    const kept = trained.map((variable) => variable.clone());
    const byHand = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => {
        const predictions = model.predict(model.preprocess(image));
        const { loss } = model.loss(predictions, labels);
        return loss;
      }, trained);
      return { loss: value.arraySync(), grads: trained.map(({ name }) => valuesOf(grads[name] ?? assert.fail(name))) };
    });
    const step = createTrainStep(model, { learningRate: RATE, eager });
    const { loss } = await step(image, labels);
    near(loss, byHand.loss, "loss");
    trained.forEach((variable, i) => {
      const moved = tf.tidy(() => valuesOf((kept[i] ?? variable).sub(variable).div(RATE)));
      const expected = byHand.grads[i] ?? [];
      const scale = Math.max(1e-3, ...expected.map(Math.abs));
      moved.forEach((value, k) => assert.ok(Math.abs(value - (expected[k] ?? NaN)) < 2e-3 * scale, variable.name));
    });
    step.dispose();
    tf.dispose([image, labels, kept]);
    model.dispose();
  }); // prettier-ignore

test("without weight decay in the loss, as of AdamW, the auxiliary classifier's cross-entropy still counts", async () => {
  const model = auxModel();
  const [{ image }, labels] = symmetricBatch();
  const { crossEntropy: main, auxiliary } = tf.tidy(() => {
    const losses = model.loss(model.predict(model.preprocess(image)), labels);
    return { crossEntropy: losses.crossEntropy.arraySync(), auxiliary: losses.auxiliary?.arraySync() ?? NaN };
  });
  const step = createTrainStep(model, { learningRate: RATE, weightDecay: "none" });
  const { loss, crossEntropy: told } = await step(image, labels);
  near(told, main, "cross-entropy");
  near(loss, main + auxiliary, "loss");
  step.dispose();
  tf.dispose([image, labels]);
  model.dispose();
});

test("a frozen auxiliary classifier stands still, and what is before it learns of it", async () => {
  const model = auxModel({ dropoutKeepProb: 0.8 });
  const [{ image }, labels] = symmetricBatch();
  const copies = model.variables.all().map(({ name, variable }) => [name, valuesOf(variable)] as const);
  const frozen = ["InceptionV3/Mixed_7a", "InceptionV3/Mixed_7b", "InceptionV3/Mixed_7c", "Predict", AUX];
  const step = createTrainStep(model, { learningRate: RATE, scopesToFreeze: frozen });
  await step(image, labels);
  for (const [name, values] of copies) {
    const isFrozen = frozen.some((scope) => name.startsWith(`${scope}/`));
    assert.equal(isFrozen, values.join() === valuesOf(model.variables.expect(name)).join(), name);
  }
  step.dispose();
  tf.dispose([image, labels]);
  model.dispose();
});

test("a training does not begin behind an auxiliary classifier; what is no training does", async () => {
  const model = auxModel();
  const [{ image }, labels] = symmetricBatch();
  const trunk = ["InceptionV3"];
  const step = createTrainStep(model, { learningRate: RATE, scopesToFreeze: trunk });
  const refusal = /expected no auxiliary classifier before it, whose loss would be left out, got one; take an earlier endpoint/;
  assert.throws(() => step.from("Mixed_7a"), refusal);
  assert.equal(model.cutAt("Mixed_6e").hasAux, false);
  assert.equal(model.cutAt("Mixed_7a").hasAux, true);
  const dataset = Dataset.fromTensorSlices([{ image }, labels] as const).batch(4);
  await assert.rejects(features(model, dataset, { endpoint: "global_pool", scopesToFreeze: trunk }), refusal);
  const rows = await features(model, dataset, { scopesToFreeze: trunk });
  assert.equal(originOf(rows)?.endpoint, "Mixed_6e");
  tf.tidy(() => {
    const images = model.preprocess(image);
    const pooled = model.activation(images, "global_pool", { isTraining: false });
    const part = model.predict(pooled, { from: "global_pool", isTraining: false });
    const whole = model.predict(images, { isTraining: false });
    assert.deepEqual(part.logits.arraySync(), whole.logits.arraySync());
    assert.throws(() => model.predict(pooled, { from: "global_pool" }), {
      name: "RangeError",
      message: /^Cannot predict from "global_pool" in training: expected no auxiliary classifier before it/,
    });
  });
  step.dispose();
  tf.dispose([image, labels]);
  model.dispose();
}); // prettier-ignore

test("an auxiliary classifier has a kernel of what is left of an image; of larger images a mean, of smaller ones none", () => {
  const kernelOf = (architecture: "inception_v3" | "inception_v4", side: number): readonly number[] => {
    const sizes = { defaultImageSize: side, fixedResizeSide: side };
    const model = auxModel({ architecture, ...sizes });
    const name = /AuxLogits\/Conv2d_2a.*\/weights$/;
    const { shape = [] } = model.declaration.variables.find((one) => name.test(one.name)) ?? {};
    const { endpoints } = model.declaration;
    assert.deepEqual(endpoints.find((one) => one.name === "AuxLogits")?.shape, [1, 1, 1, 5]);
    model.dispose();
    return shape.slice(0, 2);
  };
  assert.deepEqual(kernelOf("inception_v3", 299), [5, 5]);
  assert.deepEqual(kernelOf("inception_v3", 395), [5, 5]);
  assert.deepEqual(kernelOf("inception_v3", 155), [2, 2]);
  assert.deepEqual(kernelOf("inception_v4", 395), [7, 7]);
  assert.throws(() => kernelOf("inception_v3", 106), {
    name: "RangeError",
    message: "Cannot create model: expected defaultImageSize to be 107 or more of inception_v3 in the form of slim and its auxiliary classifier, got 106",
  });
  assert.throws(() => auxModel({ architecture: "vgg_16" }), /expected createAuxLogits to be false of this network, got true/);
}); // prettier-ignore
