import assert from "node:assert/strict";
import { test } from "node:test";
import { predict, saveClassifier, type TtaOptions, loadClassifier } from "../../src/classifier";
import { aspectPreservingResize, fiveCrop, preprocessForEval, tenCrop } from "../../src/input";
import { encodePng, memory, tf } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";
import { NAMES, photo, smallModel } from "./small";

const model = smallModel();
const sizes = { size: 32, resizeSide: 36 };

/** Probabilities of each of a batch. */
function rowsOf(images: tf.Tensor4D): number[][] {
  const logits = model.predict(model.preprocess(images), { isTraining: false });
  return model.postprocess(logits).probabilities.arraySync();
}

/** The mean by hand: beta of the plain look, the rest of the crops. */
function byHand(image: tf.Tensor3D, { crops = "ten", beta = 0.25 }: TtaOptions): number[] {
  return tf.tidy(() => {
    const [plain = []] = rowsOf(preprocessForEval(image, sizes).expandDims<tf.Tensor4D>(0));
    const resized = aspectPreservingResize(image, sizes.resizeSide);
    const looks = rowsOf(crops === "ten" ? tenCrop(resized, sizes.size) : fiveCrop(resized, sizes.size));
    return plain.map((value, i) => {
      const mean = looks.reduce((sum, row) => sum + (row[i] ?? NaN), 0) / looks.length;
      return beta * value + (1 - beta) * mean;
    });
  });
}

test("predict() with tta averages the crops' probabilities, a quarter of them the plain ones, and keeps no tensor", async () => {
  const images = ["a", "b", "c"].map((name, i) => photo(name, 40 + i, 61));
  const files = images.map((image) => Buffer.from(encodePng(image)));
  const plain = await predict(model, files);
  const before = memory();
  for (const tta of [true, {}, { crops: "five" }, { crops: "five", beta: 0 }, { beta: 1 }] as const) {
    const { photos } = await predict(model, files, { tta });
    assert.equal(photos.length, 3);
    for (const [p, { probabilities }] of photos.entries()) {
      const image = images[p];
      const wanted = image === undefined ? [] : byHand(image, tta === true ? {} : tta);
      for (const [i, value] of Object.values(probabilities).entries())
        assert.ok(Math.abs(value - (wanted[i] ?? NaN)) < 1e-6, `${value} is not ${wanted[i]}`);
    }
  }
  const one = await predict(model, files, { tta: { beta: 1 } });
  assert.deepEqual(memory(), before);
  for (const [i, { probabilities }] of plain.photos.entries())
    for (const [name, value] of Object.entries(probabilities))
      assert.ok(Math.abs(value - (one.photos[i]?.probabilities[name] ?? NaN)) < 1e-6);
  tf.dispose(images);
});

test("pixels of the network's size have but their mirror image beside them", async () => {
  const image = photo("ready", 32, 32);
  const { photos } = await predict(model, image, { tta: { beta: 0 } });
  const wanted = tf.tidy(() => {
    const both = rowsOf(tf.stack([image, image.reverse(1)]).as4D(2, 32, 32, 3));
    return both[0]?.map((value, i) => (value + (both[1]?.[i] ?? NaN)) / 2) ?? [];
  });
  for (const [i, value] of Object.values(photos[0]?.probabilities ?? {}).entries())
    assert.ok(Math.abs(value - (wanted[i] ?? NaN)) < 1e-6);
  image.dispose();
});

test("tta is refused where it can't be done, and what it may not be", async () => {
  const image = photo("refused");
  const before = memory();
  await assert.rejects(predict(model, image, { tta: { beta: 2 } }), /^RangeError: Cannot predict: expected tta's beta in 0 … 1, got 2$/); // prettier-ignore
  await assert.rejects(async () => { await Reflect.apply(predict, undefined, [model, image, { tta: { crops: "six" } }]); }, /expected tta's crops "five" or "ten", got "six"$/); // prettier-ignore
  await assert.rejects(predict(model, image, { threshold: 0.4 }), /expected no threshold, got one with a model of one class a photo$/); // prettier-ignore
  assert.deepEqual(memory(), before);
  const root = temporaryFolder("tta");
  const loaded = loadClassifier(await saveClassifier(model, `${root}/kept`, { classNames: NAMES }));
  const servo = loaded.exportSavedModel(`${root}/servo`);
  await assert.rejects(
    predict(servo, image, { tta: true }),
    /^RangeError: Cannot predict by ".*": expected no tta/,
  );
  await assert.rejects(predict(servo, image, { preprocessing: { size: 8 } }), /expected no preprocessing, which a SavedModel has itself$/); // prettier-ignore
  await assert.rejects(predict(servo, image, { classNames: ["a", "b", "a"] }), /^RangeError: Cannot predict by ".*": expected a name of its own for each class, got "a" twice$/); // prettier-ignore
  await assert.rejects(predict(servo, image, { classNames: ["a", "b"] }), /expected a name for each of the model's 3 classes, got 2$/); // prettier-ignore
  for (const one of [image, loaded, model]) one.dispose();
});
