/** Photos resized as the weights' source does it, by all that tells their classes. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { createBatchPredictor, loadClassifier, predict, saveClassifier } from "../../src/classifier";
import { photoSizeOf } from "../../src/deploy/expected";
import { createPredictInputFn, exportSavedModel, loadSavedModel } from "../../src/export";
import { preprocessForEval } from "../../src/input";
import { encodeJpeg, encodePng, memory, tf } from "../../src/tensorflow";
import { settled } from "../settled";
import { temporaryFolder } from "../temporary";
import { NAMES, photo, smallModel } from "./small";

const folder = temporaryFolder("antialias");
const of = { source: "torchvision", fixedResizeSide: 35 } as const;
const [bicubic, slim, squashed, middle] = [
  smallModel({ ...of, interpolation: "bicubic" }),
  smallModel({ ...of, interpolation: "slim" }),
  smallModel({ ...of, interpolation: "bicubic", centralFraction: 0.9 }),
  smallModel({ ...of, interpolation: "slim", centralFraction: 0.875 }),
];
after(() => [bicubic, slim, squashed, middle].forEach((one) => one.dispose()));
const classNames = NAMES;

/** Fine stripes and grains, of which resizing without antialiasing leaves most out: a file of each size. */
const files = ([[80, 131], [131, 80], [33, 240], [20, 27], [35, 35]] as const).map(([height, width], i) => {
  const [encode, kind] = i % 2 === 0 ? [encodePng, "png"] : [encodeJpeg, "jpg"];
  const file = join(folder, `${i}.${kind}`);
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

for (const [how, model, other] of [
  ["antialiased", bicubic, slim],
  ["squashed", middle, slim],
  ["squashed and antialiased", squashed, bicubic],
] as const)
  test(`a kept classifier, SavedModels and a server say what the model says of photos, ${how}`, async () => {
    const root = join(folder, how);
    const wanted = await probabilitiesOf(model, { classNames });
    const others = await probabilitiesOf(other, { classNames });
    const apart = Math.max(...wanted.map((value, i) => Math.abs(value - (others[i] ?? NaN))));
    assert.ok(apart > 1e-3, `resizing tells: ${apart}`);
    const before = await settled().then(memory);
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

test("given images of another size, a model that squashes sees as much of the photo as of its own size", () => {
  const ramp = tf.range(0, 200).mul(1.25).as3D(1, 200, 1).tile<tf.Tensor3D>([100, 1, 3]);
  for (const model of [middle, squashed])
    for (const size of [undefined, 64, 20])
      tf.tidy(() => {
        const sizes = photoSizeOf("predict", model, size === undefined ? {} : { size });
        const shown = preprocessForEval(ramp, sizes).expandDims<tf.Tensor4D>(0);
        const plain = preprocessForEval(ramp, model.photoSize).expandDims<tf.Tensor4D>(0);
        const [got, wanted] = [shown, plain].map((images) => model.preprocess(images).mean([1, 3]).dataSync());
        const apart = Math.max(...[...(wanted ?? [])].map((value, i) => Math.abs(value - (got?.[i] ?? NaN))));
        assert.ok(apart < 0.1, `${size}: ${apart}`); // the middle of the middle begins 13 levels further on, of which 58 are 1
      });
  ramp.dispose();
}); // prettier-ignore

test("a SavedModel that resizes otherwise than its model is sent photos decoded as it does", async () => {
  const receiver = createPredictInputFn({ receive: "files", side: 32, resizeSide: 35, interpolation: "bicubic" }); // prettier-ignore
  const dir = exportSavedModel(slim, join(folder, "otherwise"), { receiver, labels: classNames });
  const sizes = { preprocessing: { interpolation: "bicubic" } } as const;
  assertClose(await probabilitiesOf(dir), await probabilitiesOf(slim, { classNames, ...sizes }), "otherwise");
  const wrong: object = { interpolation: "lanczos" };
  assert.throws(() => createPredictInputFn(wrong)(), /^RangeError: Cannot receive examples: expected interpolation to be slim, bilinear, bicubic, got lanczos$/); // prettier-ignore
});

for (const [how, model] of [["antialiased", bicubic], ["squashed", middle], ["squashed and antialiased", squashed]] as const)
  test(`a frozen SavedModel resizes images of its size by plain operations as the model does, ${how}`, () => {
    const receiver = createPredictInputFn({ receive: "images", side: 48 });
    const dir = exportSavedModel(model, join(folder, `frozen ${how}`), { receiver, frozen: true });
    const frozen = loadSavedModel(dir);
    tf.tidy(() => {
      const photos = [photo("a", 48, 48), photo("b", 48, 48)];
      const images = tf.stack(photos).toFloat().as4D(2, 48, 48, 3);
      const predictions = model.predict(model.preprocess(images), { isTraining: false });
      const { probabilities } = model.postprocess(predictions);
      const got = frozen.predict(images)["probabilities"];
      assertClose([...(got?.dataSync<"float32">() ?? [])], [...probabilities.dataSync()], "frozen");
    });
    frozen.dispose();
  }); // prettier-ignore

test("predict() takes an interpolation of one's own, and test-time augmentation follows the model's", async () => {
  const sizes = { preprocessing: { interpolation: "bicubic" } } as const;
  assertClose(await probabilitiesOf(slim, { classNames, ...sizes }), await probabilitiesOf(bicubic, { classNames }), "own"); // prettier-ignore
  const plain = await probabilitiesOf(bicubic, { classNames });
  assertClose(
    await probabilitiesOf(bicubic, { classNames, tta: { beta: 1 } }),
    plain,
    "of tta the plain look",
  );
  const tta = { crops: "five", beta: 0 } as const;
  assertClose(await probabilitiesOf(slim, { classNames, ...sizes, tta }), await probabilitiesOf(bicubic, { classNames, tta }), "tta"); // prettier-ignore
  const wrong: object = { preprocessing: { interpolation: "area" } };
  await assert.rejects(probabilitiesOf(bicubic, wrong), /expected interpolation to be slim, bilinear, bicubic, got area$/); // prettier-ignore
});

test("model.photoSize is what preprocessForEval() takes", () => {
  tf.tidy(() => {
    const image = photo("size", 90, 70);
    const photoSize = { resizeSide: 35, size: 32, interpolation: "bicubic" } as const;
    assert.deepEqual(bicubic.photoSize, photoSize);
    const [one, other] = [preprocessForEval(image, bicubic.photoSize), preprocessForEval(image, photoSize)];
    assert.deepEqual(one.dataSync(), other.dataSync());
    assert.deepEqual(squashed.photoSize, { ...photoSize, centralFraction: 0.9 });
  });
});
