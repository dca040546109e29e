import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { tf, trace } from "../../src/tensorflow";
import { patternIntegers } from "../patterns";

/** The memory of a process in MB at the start, with work done, and at the end, all as `script` notes it by note(). */
function memoryOf(script: string): number[] {
  const whole = `
    const { setImmediate } = require("node:timers/promises");
    const { Model } = require("./dist/src/model");
    const { createTrainStep, evaluate } = require("./dist/src/training");
    const { tf, trace } = require("./dist/src/tensorflow");
    const batchOf = (rows, side) => [tf.fill([rows, side, side, 3], 100), tf.zeros([rows], "int32")];
    const makeModel = () => new Model({ numClasses: 5, width: 1 / 16, fixedResizeSide: 96, defaultImageSize: 96 });
    const noted = [];
    const note = () => noted.push(process.memoryUsage.rss() / 2 ** 20);
    const main = async () => {${script}};
    main().then(() => console.log(JSON.stringify(noted)));`;
  const output = execFileSync(process.execPath, ["-e", whole], {
    cwd: path.resolve(__dirname, "../../.."),
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" },
    encoding: "utf8",
  });
  const noted: unknown = JSON.parse(output);
  assert.ok(Array.isArray(noted));
  return noted.map(Number);
}

function assertReturned([before = NaN, during = NaN, after = NaN]: readonly number[]): void {
  const figures = `${before.toFixed(0)}, ${during.toFixed(0)}, ${after.toFixed(0)} MB`;
  assert.ok(during - before > 150, figures); // there is something to give back
  assert.ok(after - before < 0.15 * (during - before), figures);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const skip = process.platform === "linux" ? false : "the system's own way of memory";

test("the memory of a step and its model goes back to the system when they are disposed", { skip }, () => {
  const noted = memoryOf(`
    const train = async (rows, then) => {
      const model = makeModel();
      const step = createTrainStep(model, { learningRate: 0.01 });
      const [images, labels] = batchOf(rows, 96);
      await step(images, labels);
      then();
      step.dispose();
      model.dispose();
      tf.dispose([images, labels]);
      await setImmediate();
    };
    await train(2, () => undefined); // what TensorFlow loads for good
    note();
    await train(160, note);
    note();`);
  assertReturned(noted);
});

test("the memory of a traced function goes back to the system when it is disposed", { skip }, () => {
  const noted = memoryOf(`
    const sums = trace((one) => tf.addN([one.exp(), one.sin(), one.cos(), one.square()]).sum());
    const x = tf.zeros([3000, 4000]).add(1);
    tf.dispose(await sums(tf.zeros([2, 2]))); // what TensorFlow loads for good
    note();
    tf.dispose(await sums(x));
    note();
    sums.dispose();
    await setImmediate();
    note();`);
  assertReturned(noted);
});

test("tensors of all sizes keep their values when the memory between them goes back to the system", async () => {
  const sizes = [1, 63, 65_535, 65_536, 65_537, 100_003, 300_000, 1_000_000];
  const made = Array.from({ length: 32 }, (_, i) => {
    const values = patternIntegers(`${i}`, [sizes[(i * 5) % sizes.length] ?? 1], 1000);
    return { values, tensor: tf.tidy(() => tf.tensor1d(values, "int32").add(tf.scalar(0, "int32"))) };
  });
  const odd = made.filter((_, i) => i % 2 === 1);
  const even = made.filter((_, i) => i % 2 === 0);
  tf.dispose(odd.map(({ tensor }) => tensor));
  const double = trace((x: tf.Tensor) => x.mul(2));
  tf.dispose(even.map(({ tensor }) => double.sync(tensor)));
  double.dispose();
  await setImmediate();
  const again = odd.map(({ values }) => ({
    values,
    tensor: tf.tidy(() => tf.tensor1d(values, "int32").add(tf.scalar(0, "int32"))),
  }));
  for (const { values, tensor } of [...even, ...again])
    assert.ok(bytesOf(tensor.dataSync()).equals(bytesOf(values)));
  tf.dispose([...even, ...again].map(({ tensor }) => tensor));
});
