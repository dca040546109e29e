/** Networks whose photos are resized antialiased, as graphs that receive images of other sizes: they resize as the model does. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { exportOnnx, exportWeb, memory, predict, tf, type Model } from "../../src";
import { describeClassifier } from "../../src/deploy/onnx/describe";
import { encodeJpeg } from "../../src/tensorflow/ops/encode";
import { smallModel } from "../classifier/small";
import { python, skip } from "../python";
import { temporaryFolder } from "../temporary";
import { assertSame, onnxInput, runInNode, runInPython, type OnnxCase } from "./onnxrun";
import { differenceFrom, plainTfjs, sent } from "./plaintfjs";

const root = temporaryFolder("antialias");

/** Sides of images, larger and smaller than the 32 of 36 that the network sees. */
const KINDS = [
  { interpolation: "bilinear", size: 64, layout: "NHWC" },
  { interpolation: "bicubic", size: 64, layout: "NCHW" },
  { interpolation: "bilinear", size: 20, layout: "NCHW" },
  { interpolation: "bicubic", size: 20, layout: "NHWC" },
] as const;

const RESIZE_SIDE = 80;

const modelOf = ({ interpolation }: Pick<(typeof KINDS)[number], "interpolation">): Model =>
  smallModel({ source: "torchvision", interpolation });

/** Noise, which shows how it is resized. */
const noise = (batch: number, side: number): tf.Tensor4D =>
  tf.randomUniform([batch, side, side, 3], 0, 255, "float32", side + batch);

/** What the model says of images; the caller disposes. */
const scoresOf = (model: Model, images: tf.Tensor4D): Record<"logits" | "probabilities", tf.Tensor> =>
  tf.tidy(() => {
    const { logits, probabilities } = model.postprocess(model.predict(model.preprocess(images)));
    return { logits, probabilities };
  });

test("their files of ONNX's say what they say, of either layout and of any batch", { skip }, async () => {
  const before = memory().tensors;
  const cases: OnnxCase[] = [];
  const expected: Record<string, tf.Tensor>[][] = [];
  for (const [i, kind] of KINDS.entries()) {
    const { size, layout } = kind;
    const model = modelOf(kind);
    const file = join(root, `${i}.onnx`);
    await exportOnnx(model, file, { layout, photo: { size, resizeSide: RESIZE_SIDE } });
    const batches = [1, 3].map((batch) => noise(batch, size));
    cases.push({ file, feeds: batches.map((images) => ({ images: onnxInput(root, images, layout) })) });
    expected.push(batches.map((images) => scoresOf(model, images)));
    tf.dispose(batches);
    model.dispose();
  }
  const checked = runInPython(root, cases);
  for (const answers of [checked, runInNode(root, cases)])
    for (const [i, { results }] of answers.entries())
      results.forEach((result, at) => assertSame(result, expected[i]?.[at] ?? {}, () => 1e-4));
  for (const [i, { interpolation, size }] of KINDS.entries()) {
    assert.equal(checked[i]?.opset, 17);
    assert.deepEqual(JSON.parse(checked[i].metadata["photo"] ?? ""), { resizeSide: RESIZE_SIDE, size, interpolation }); // prettier-ignore
  }
  tf.dispose(expected);
  assert.equal(memory().tensors, before);
});

for (const squashed of [{}, { centralFraction: 0.9 }])
test(`the README's client in Python resizes as the model does ${JSON.stringify(squashed)}`, { skip }, async () => {
  const cwd = join(root, `client${Object.keys(squashed).length}`);
  const model = smallModel({ source: "torchvision", interpolation: "bicubic", defaultImageSize: 48, fixedResizeSide: 57, ...squashed });
  await exportOnnx(model, join(cwd, "hats.onnx"), { heat: true });
  const photo = join(cwd, "photo.jpg");
  tf.tidy(() => writeFileSync(photo, encodeJpeg(tf.image.resizeBilinear(noise(1, 16), [301, 402]).toInt().as3D(301, 402, 3), { quality: 90 })));
  const readme = readFileSync(resolve(__dirname, "../../../README.md"), "utf8");
  const [, program = ""] = /^```python\n([^]*?onnxruntime[^]*?)^```/m.exec(readme) ?? [];
  const told = execFileSync(python ?? "", ["-c", `${program}\nprint(json.dumps(probabilities[0].tolist()))`], { cwd, encoding: "utf8" });
  const { photos } = await predict(model, photo);
  const expected = Object.values(photos[0]?.probabilities ?? {});
  const got: unknown = JSON.parse(told);
  assert.ok(Array.isArray(got) && got.length === expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(value - Number(got[i])) < 1e-3, `${told}, expected ${String(expected)}`));
  model.dispose();
}); // prettier-ignore

for (const kind of KINDS.slice(0, 2))
  test(`in TensorFlow.js they say what they say, ${kind.interpolation}`, async () => {
    const { interpolation, size } = kind;
    const dir = join(root, interpolation);
    const model = modelOf(kind);
    await exportWeb(model, dir, { heat: false, page: false, photo: { size, resizeSide: RESIZE_SIDE } });
    const batches = [1, 3].map((batch) => noise(batch, size));
    const calls = batches.map((images) => ({ inputs: { images: sent(images) }, outputs: ["probabilities"] }));
    const answers = await plainTfjs({ dir, backend: "wasm", calls });
    for (const [i, images] of batches.entries()) {
      const scores = scoresOf(model, images);
      assert.ok(differenceFrom(scores.probabilities, answers[i]?.["probabilities"]) < 1e-4);
      tf.dispose(scores);
    }
    tf.dispose(batches);
    model.dispose();
  });

test("in whole numbers they resize in floats, which are no layers", async () => {
  const model = smallModel({ source: "torchvision", interpolation: "bicubic" });
  const images = noise(8, 64);
  const photo = { size: 64, resizeSide: RESIZE_SIDE };
  const { layers, wholeLayers, greatestDifference } = await exportOnnx(model, join(root, "int8.onnx"), { photo, int8: { images } }); // prettier-ignore
  assert.equal(wholeLayers, layers);
  assert.ok(greatestDifference < 0.01, String(greatestDifference));
  images.dispose();
  model.dispose();
});

test("files of ONNX's tell clients in words how photos are resized", () => {
  const told = (interpolation: "slim" | "bilinear" | "bicubic", more = {}): string => {
    const model = smallModel({ interpolation, ...more });
    const { docs } = describeClassifier(model, {});
    model.dispose();
    return docs["images"] ?? "";
  };
  assert.equal(
    told("bicubic"),
    "Pixels, red, green, blue, each 0 to 255, of photos whose shorter side was resized to 36 by antialiased bicubic interpolation, as Pillow and torchvision do it, and of which the middle, 32 x 32, was cut out",
  );
  assert.match(told("bilinear"), /resized to 36 by antialiased bilinear interpolation/);
  assert.match(
    told("slim", { centralFraction: 0.875 }),
    /of photos of which the middle, 0\.875 of each side, was cut out and resized to 32 x 32, whatever its proportions, by bilinear interpolation without antialiasing/,
  );
  assert.match(
    told("bicubic", { centralFraction: 0.9 }),
    /of photos resized to 35 x 35, whatever their proportions, by antialiased bicubic interpolation.*, and of which the middle, 32 x 32, was cut out$/,
  );
  assert.match(
    told("bicubic", { centralFraction: 1 }),
    /of photos resized to 32 x 32, whatever their proportions, by antialiased bicubic interpolation, as Pillow and torchvision do it$/,
  );
  assert.match(told("slim"), /resized to 36 by bilinear interpolation without antialiasing, as TensorFlow's/);
});
