import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";
import { fitCentral, fitRandom } from "../../src/input/fit";
import { aspectPreservingResize, centralCrop, randomCrop, VGG_MEANS } from "../../src/input/image";
import { preprocessForEval } from "../../src/input/preprocess";
import { preprocessImages } from "../../src/model";
import { execute, memory, random, recordFunction, tf } from "../../src/tensorflow";
import { python, skip } from "../python";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const [RESIZE, CROP] = [64, 56];
const SHAPES = [
  ...[[64, 64], [90, 77], [33, 61], [57, 200], [301, 150]], // computed whole
  ...[[1, 300], [300, 1], [3, 40], [40, 7], [700, 30]], // only the crop's pixels
] as const; // prettier-ignore

/** Another value at each pixel; test/input/slim.py makes the same. */
function patterned(height: number, width: number): tf.Tensor3D {
  return tf.tidy(() => {
    const y = tf.range(0, height, 1, "int32").reshape([height, 1, 1]);
    const x = tf.range(0, width, 1, "int32").reshape([1, width, 1]);
    const c = tf.range(0, 3, 1, "int32").reshape([1, 1, 3]);
    const sum = [y.mul(tf.scalar(31, "int32")), x.mul(tf.scalar(17, "int32")), c.mul(tf.scalar(101, "int32")), x.mul(y)]; // prettier-ignore
    const all = sum.reduce((total, one) => total.add(one)).mod(tf.scalar(256, "int32"));
    return all.as3D(height, width, 3);
  });
}

const distance = (a: tf.Tensor, b: tf.Tensor): number => a.sub(b).abs().max().dataSync()[0] ?? NaN;

test("fitCentral() and fitRandom() give the crops of the whole resized image, at once and recorded", () => {
  const before = memory();
  const seed = random.seed(4);
  const sizes = { height: CROP, width: CROP };
  const options = { resizeSide: RESIZE, side: CROP };
  const example = patterned(80, 70);
  const recorded = recordFunction(
    (image) => [fitCentral(image, options), fitRandom(image, seed, options)],
    [example],
  );
  for (const [height, width] of SHAPES)
    tf.tidy(() => {
      const image = patterned(height, width);
      const resized = aspectPreservingResize(image, RESIZE);
      const expected = [centralCrop(resized, sizes), randomCrop(resized, seed, sizes)];
      const eager = [fitCentral(image, options), fitRandom(image, seed, options)];
      const compiled = execute(recorded.name, [image, ...recorded.captures], {}, 2);
      expected.forEach((one, i) => {
        for (const actual of [eager[i], compiled[i]]) {
          assert.deepEqual(actual?.shape, [CROP, CROP, 3]);
          assert.ok(distance(actual, one) < 1e-3, `${height} x ${width}`);
        }
      });
    });
  recorded.dispose();
  tf.dispose([seed, example]);
  assert.deepEqual(memory(), before);
});

test("preprocessImages() crops narrow images as it does the whole resized ones, mirrored ones too", () => {
  tf.tidy(() => {
    const [height, width] = [7, 90];
    const copies = (image: tf.Tensor3D): tf.Tensor4D =>
      tf.expandDims<tf.Tensor4D>(image, 0).tile([8, 1, 1, 1]);
    const images = copies(patterned(height, width));
    const resized = copies(aspectPreservingResize(patterned(height, width), RESIZE));
    for (const seed of [undefined, random.seed(5)]) {
      const options = { resizeSide: RESIZE, imageSize: CROP, seed };
      assert.ok(distance(preprocessImages(images, options), preprocessImages(resized, options)) < 1e-3);
    }
  });
});

test("one narrow image takes no more memory than its crop", { skip: process.platform !== "linux" }, () => {
  const script = `
    const { readFileSync } = require("node:fs");
    const { tf, random } = require("./dist/src/tensorflow");
    const { fitCentral, fitRandom } = require("./dist/src/input/fit");
    const { preprocessImages } = require("./dist/src/model");
    const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
    const all = (height, width) => tf.tidy(() => {
      const [image, options] = [tf.ones([height, width, 3], "int32"), { resizeSide: 256, side: 256 }];
      const both = [fitCentral(image, options), fitRandom(image, random.seed(1), options)];
      for (const one of [...both, preprocessImages(image.expandDims())]) one.dataSync();
    });
    all(256, 300);
    const before = peak();
    all(1, 5000);
    all(5000, 1);
    console.log(peak() - before);`;
  const output = execFileSync(process.execPath, ["-e", script], {
    cwd: resolve(__dirname, "../../.."),
    encoding: "utf8",
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  assert.ok(Number(output.trim().split("\n").at(-1)) < 100, `${output} MiB more`);
});

test("preprocessForEval(), Model.preprocess() and TF-Slim give the same of 500 sizes", { skip }, () => {
  let state = 1;
  const draw = (): number => 20 + ((state = (state * 48271) % 2147483647) % 181);
  const sizes = Array.from({ length: 500 }, () => [draw(), draw()] as const);
  const script = resolve(__dirname, "../../../test/input/slim.py");
  const output = execFileSync(python ?? "", [script, JSON.stringify([RESIZE, CROP, sizes])], {
    encoding: "utf8",
    env: { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3" },
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- what slim.py prints
  const expected: { size: number[]; pixels: number[][] }[] = JSON.parse(output);
  assert.equal(expected.length, 500);
  expected.forEach(({ size, pixels }, i) =>
    tf.tidy(() => {
      const [height = 0, width = 0] = sizes[i] ?? [];
      const image = patterned(height, width);
      assert.deepEqual(aspectPreservingResize(image, RESIZE).shape.slice(0, 2), size, `${height} x ${width}`);
      const ours = preprocessForEval(image, { size: CROP, resizeSide: RESIZE, means: VGG_MEANS });
      const model = preprocessImages(image.expandDims<tf.Tensor4D>(0), {
        resizeSide: RESIZE,
        imageSize: CROP,
      });
      assert.ok(distance(ours, model) < 1e-3, `${height} x ${width}`);
      const wanted = tf.tensor2d(pixels);
      const places = [0, CROP / 2, CROP - 1].map((at) => ours.slice([at, at, 0], [1, 1, 3]).reshape([3]));
      assert.ok(distance(tf.stack(places), wanted) < 1e-3, `${height} x ${width}`);
    }),
  );
});

test("fitCentral() in a recording leaves variables that live beside it alone", () => {
  const variable = tf.variable(tf.scalar(3));
  const clone = variable.clone(); // shares its memory
  const image = patterned(90, 77);
  const whole = recordFunction((x) => [fitCentral(x, { resizeSide: 64, side: 56 })], [image], "fit");
  assert.deepEqual(whole.assigned, []);
  assert.equal(variable.dataSync()[0], 3);
  whole.dispose();
  tf.dispose([variable, clone, image]);
});
