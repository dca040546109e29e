/** Photos resized as the weights' source does it, by all that tells their classes. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { createBatchPredictor, loadClassifier, predict, saveClassifier } from "../../src/classifier";
import { createPredictInputFn, exportSavedModel, loadSavedModel } from "../../src/export";
import { preprocessForEval } from "../../src/input";
import { encodeJpeg, encodePng, memory, tf } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";
import { NAMES, photo, smallModel } from "./small";

const root = temporaryFolder("antialias");
const [model, slim] = [
  smallModel({ source: "torchvision", interpolation: "bicubic", fixedResizeSide: 35 }),
  smallModel({ source: "torchvision", interpolation: "slim", fixedResizeSide: 35 }),
];
after(() => [model, slim].forEach((one) => one.dispose()));
const classNames = NAMES;

/** Fine stripes and grains, of which resizing without antialiasing leaves most out: a file of each size. */
const files = ([[80, 131], [131, 80], [33, 240], [20, 27], [35, 35]] as const).map(([height, width], i) => {
  const [encode, kind] = i % 2 === 0 ? [encodePng, "png"] : [encodeJpeg, "jpg"];
  const file = join(root, `${i}.${kind}`);
  tf.tidy(() => writeFileSync(file, encode(photo(`antialias ${i}`, height, width))));
  return file;
}); // prettier-ignore

const probabilitiesOf = async (by: Parameters<typeof predict>[0], options = {}): Promise<number[]> => {
  const { photos, bad } = await predict(by, files, options);
  assert.deepEqual(bad, []);
  return photos.flatMap(({ probabilities }) => Object.values(probabilities));
};

function assertClose(got: readonly number[], wanted: readonly number[], what: string): void {
  assert.equal(got.length, wanted.length, what);
  const apart = Math.max(...wanted.map((value, i) => Math.abs(value - (got[i] ?? NaN))));
  assert.ok(apart < 1e-4, `${what}: ${apart}`);
}

test("a kept classifier, SavedModels and a server say what the model says of photos, antialiased", async () => {
  const wanted = await probabilitiesOf(model, { classNames });
  const others = await probabilitiesOf(slim, { classNames });
  const apart = Math.max(...wanted.map((value, i) => Math.abs(value - (others[i] ?? NaN))));
  assert.ok(apart > 1e-3, `resizing tells: ${apart}`);
  const before = memory();
  const kept = await saveClassifier(model, join(root, "kept"), { classNames });
  assertClose(await probabilitiesOf(kept), wanted, "kept");
  for (const receive of ["files", "examples", "images"] as const) {
    const receiver = createPredictInputFn({ receive });
    exportSavedModel(model, join(root, receive), { receiver, labels: classNames });
    assertClose(await probabilitiesOf(join(root, receive)), wanted, receive);
  }
  exportSavedModel(model, join(root, "default"), { labels: classNames });
  assertClose(await probabilitiesOf(join(root, "default")), wanted, "by default");
  const classifier = loadClassifier(kept);
  classifier.exportSavedModel(join(root, "classifier"), { receive: "files" });
  classifier.dispose();
  assertClose(await probabilitiesOf(join(root, "classifier")), wanted, "the classifier's");
  const predictor = createBatchPredictor(model, { classNames });
  const answers = await Promise.all(files.map((file) => predictor.predict(readFileSync(file))));
  assertClose(answers.flatMap(({ probabilities }) => Object.values(probabilities)), wanted, "the server"); // prettier-ignore
  await predictor.close();
  assert.deepEqual(memory(), before);
});

test("a SavedModel that resizes otherwise than its model is sent photos decoded as it does", async () => {
  const receiver = createPredictInputFn({ receive: "files", side: 32, resizeSide: 35, interpolation: "bicubic" }); // prettier-ignore
  const dir = exportSavedModel(slim, join(root, "otherwise"), { receiver, labels: classNames });
  const sizes = { preprocessing: { interpolation: "bicubic" } } as const;
  assertClose(await probabilitiesOf(dir), await probabilitiesOf(slim, { classNames, ...sizes }), "otherwise");
  const wrong: object = { interpolation: "lanczos" };
  assert.throws(() => createPredictInputFn(wrong)(), /^RangeError: Cannot receive examples: expected interpolation to be slim, bilinear, bicubic, got lanczos$/); // prettier-ignore
});

test("a frozen SavedModel resizes images of its size by plain operations, as the model does", () => {
  const receiver = createPredictInputFn({ receive: "images", side: 48 });
  const dir = exportSavedModel(model, join(root, "frozen"), { receiver, frozen: true });
  const frozen = loadSavedModel(dir);
  tf.tidy(() => {
    const images = tf
      .stack([photo("a", 48, 48), photo("b", 48, 48)])
      .toFloat()
      .as4D(2, 48, 48, 3);
    const { probabilities } = model.postprocess(
      model.predict(model.preprocess(images), { isTraining: false }),
    );
    const got = frozen.predict(images)["probabilities"];
    assertClose([...(got?.dataSync<"float32">() ?? [])], [...probabilities.dataSync()], "frozen");
  });
  frozen.dispose();
});

test("predict() takes an interpolation of one's own, and test-time augmentation follows the model's", async () => {
  const sizes = { preprocessing: { interpolation: "bicubic" } } as const;
  assertClose(await probabilitiesOf(slim, { classNames, ...sizes }), await probabilitiesOf(model, { classNames }), "own"); // prettier-ignore
  const plain = await probabilitiesOf(model, { classNames });
  assertClose(await probabilitiesOf(model, { classNames, tta: { beta: 1 } }), plain, "of tta the plain look");
  const tta = { crops: "five", beta: 0 } as const;
  assertClose(await probabilitiesOf(slim, { classNames, ...sizes, tta }), await probabilitiesOf(model, { classNames, tta }), "tta"); // prettier-ignore
  const wrong: object = { preprocessing: { interpolation: "area" } };
  await assert.rejects(probabilitiesOf(model, wrong), /expected interpolation to be slim, bilinear, bicubic, got area$/); // prettier-ignore
});

test("model.photoSize is what preprocessForEval() takes", () => {
  tf.tidy(() => {
    const image = photo("size", 90, 70);
    const photoSize = { resizeSide: 35, size: 32, interpolation: "bicubic" } as const;
    assert.deepEqual(model.photoSize, photoSize);
    const [one, other] = [preprocessForEval(image, model.photoSize), preprocessForEval(image, photoSize)];
    assert.deepEqual(one.dataSync(), other.dataSync());
  });
});
