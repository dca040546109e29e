import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleOf } from "../../src/display/bundle";
import { createInputFn, preprocessForEval, type Dataset, type LabeledBatch } from "../../src/input";
import { interpret, type Interpretation } from "../../src/interpret";
import { memory, tf } from "../../src/tensorflow";
import { evaluate, features, type Batch } from "../../src/training";
import { records, trunkModel } from "../training/trunk";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

/** The 37 photos, the middle of each. */
function photos(
  options: { readonly shuffle?: boolean; readonly numEpochs?: number } = {},
): Dataset<LabeledBatch> {
  return createInputFn(records, { batchSize: 8, numEpochs: 1, transform: middle, ...options })();
}

function middle(image: tf.Tensor3D): tf.Tensor3D {
  return preprocessForEval(image, { size: 40, resizeSide: 46 });
}

test("interpret() predicts as evaluate() does, keeps no tensor, and shows where the network looked in the worst photos", async () => {
  const model = trunkModel();
  const input = photos();
  const { accuracy, confusion, crossEntropy } = await evaluate(model, input);
  await (await interpret(model, input)).topLosses(3);
  const told: unknown[] = [];
  const before = memory();
  const found = await interpret(model, input, {
    classNames: ["<hat>", "shoes"],
    onProgress: (at) => told.push(at),
  });
  assert.equal(found.count, 37);
  assert.deepEqual(found.confusionMatrix().counts, confusion);
  assert.ok(Math.abs(found.report().accuracy - accuracy) < 1e-6);
  const mean = found.losses.reduce((sum, loss) => sum + loss, 0) / 37;
  assert.ok(Math.abs(mean - crossEntropy) < 1e-5, `${mean} is not ${crossEntropy}`);
  assert.deepEqual(told.at(-1), { done: 37, total: 37 });
  const top = await found.topLosses(3);
  assert.deepEqual(memory(), before);
  const worst = [...found.losses].sort((one, other) => other - one).slice(0, 3);
  assert.deepEqual(top.photos.map(({ loss }) => loss), worst); // prettier-ignore
  for (const { photo, loss, probability } of top.photos) {
    assert.equal(found.losses[photo], loss);
    assert.ok(Math.abs(Math.exp(-loss) - probability) < 1e-12);
  }
  const { "text/html": html, "text/plain": text, "image/png": png } = bundleOf(top);
  assert.match(String(html), /&lt;hat&gt;/);
  assert.doesNotMatch(String(html), /<hat>/);
  assert.match(text, /^photo +actual +predicted +probability +cross-entropy$/m);
  assert.equal(typeof png, "string");
  assert.match(bundleOf(found)["text/plain"], /^Predictions of 37 photos, \d+\.\d % right$/);
  assert.equal((await found.topLosses(100)).photos.length, 37);
  const read: number[] = [];
  const { photos: far } = await found.topLosses(1, { onProgress: ({ done }) => read.push(done) });
  assert.deepEqual(read, [Math.min(37, 8 * Math.floor((far[0]?.photo ?? NaN) / 8) + 8)]);
  input.dispose();
  model.dispose();
});

test("interpret() refuses what it can't tell of", async () => {
  const model = trunkModel();
  const [input, endless] = [photos(), photos({ numEpochs: 0 })];
  await assert.rejects(interpret(model, endless), /^RangeError: Cannot interpret: /);
  await assert.rejects(interpret(model, input, { classNames: ["hat"] }), /^RangeError: Cannot interpret: expected a name for each of the model's 2 classes, got 1$/); // prettier-ignore
  const trunk = await features(model, input, { scopesToFreeze: "resnet_v1_14", isTraining: false });
  await assert.rejects(async () => { await Reflect.apply(interpret, undefined, [model, trunk]); }, /^TypeError: Cannot interpret: expected photos, got what features\(\) gives$/); // prettier-ignore
  await assert.rejects((await interpret(model, input)).topLosses(0), /^RangeError: Cannot tell top losses: expected count a whole number from 1 on, got 0$/); // prettier-ignore
  const stop = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(interpret(model, input, { signal: stop }), /^Error: stopped$/);
  const several = trunkModel({ multiLabel: true, numClasses: 2 });
  await assert.rejects(interpret(several, input), /^TypeError: Cannot interpret: expected a model of one class a photo, got one with multiLabel/); // prettier-ignore
  for (const { name, variable } of model.variables.all())
    if (name.endsWith("logits/weights")) variable.assign(tf.fill(variable.shape, NaN));
  await assert.rejects(interpret(model, input), /^RangeError: Cannot interpret: expected finite logits, got NaN for photo 0; has the training diverged\?$/); // prettier-ignore
  for (const one of [input, endless, model, several]) one.dispose();
});

test("topLosses() shows the very photos that were predicted: of a shuffled dataset too, and it tells others of the same classes", async () => {
  const model = trunkModel();
  const [input, shuffled, loose] = [photos(), photos({ shuffle: true }), photos()];
  const png = async (found: Interpretation): Promise<unknown> =>
    bundleOf(await found.topLosses(5))["image/png"];
  const expected = await png(await interpret(model, input));
  assert.equal(await png(await interpret(model, shuffled)), expected);
  const before = memory();
  const found = await interpret(model, shuffled);
  assert.equal(await png(found), expected);
  assert.equal(await png(found), expected);
  assert.deepEqual(memory(), before);
  let isMirrored = false;
  const mirrored: AsyncIterable<Batch> = {
    async *[Symbol.asyncIterator]() {
      for await (const [{ image }, label] of loose) {
        const pixels = isMirrored ? image.reverse(0) : image;
        yield [{ image: pixels }, tf.zerosLike(label)];
        if (isMirrored) pixels.dispose();
      }
      isMirrored = true;
    },
  };
  await assert.rejects((await interpret(model, mirrored)).topLosses(3), /^RangeError: Cannot show top losses: expected the input's photos in the same order as before, got others; shuffle none of them$/); // prettier-ignore
  const [first] = model.variables.all();
  first?.variable.assign(first.variable.mul(2));
  await assert.rejects(found.topLosses(3), /^RangeError: Cannot show top losses: expected the weights that predicted the photos, got others; interpret\(\) the model anew$/); // prettier-ignore
  for (const one of [input, shuffled, loose, model]) one.dispose();
});
