import assert from "node:assert/strict";
import { test } from "node:test";
import { addBiases, convolve, foldBatchNorm, l2Loss, memory, relu, tf, trace } from "../../src/tensorflow";
import { native } from "../../src/tensorflow/runtime/runtime";
import { cpuOnly } from "../gpu";
import { pattern } from "../patterns";
import { nodesOf } from "./graphs";
import { settleBeforeEach } from "../settled";

settleBeforeEach();

const isSlow = cpuOnly === false && native.opDefinition("SlimlabPack") === undefined;
const skip = isSlow ? "the addon has no packed convolutions for this processor" : cpuOnly;

const made = <T extends tf.Tensor>(key: string, shape: readonly number[]): T =>
  tf.tensor(pattern(key, shape), [...shape]) as T;
const distance = (a: tf.Tensor, b: tf.Tensor): number => a.sub(b).abs().max().dataSync()[0] ?? NaN;

/** A layer of variables, with what it takes and gives. */
function layerOf(kernel: number, channels: number, outputs: number) {
  const scale = 1 / Math.sqrt(kernel * kernel * channels);
  const variable = (key: string, shape: readonly number[], factor: number): tf.Variable =>
    tf.tidy(() => tf.variable(made(key, shape).mul(factor)));
  const weights = variable("weights", [kernel, kernel, channels, outputs], scale);
  const biases = variable("biases", [outputs], 1);
  const compute = (x: tf.Tensor4D): tf.Tensor4D => addBiases(convolve(x, weights), biases);
  return { weights, biases, compute, dispose: () => tf.dispose([weights, biases]) };
}

const SIZES = [
  { images: [2, 7, 7], channels: [64, 64] },
  { images: [3, 9, 5], channels: [67, 70] },
  { images: [1, 1, 1], channels: [64, 129] },
  { images: [5, 14, 28], channels: [128, 96] },
  { images: [0, 7, 7], channels: [64, 64] },
] as const;

for (const kernel of [1, 3]) {
  for (const { images, channels } of SIZES) {
    test(`a ${kernel} x ${kernel} layer over packed weights equals TensorFlow's, ${[...images, ...channels].join(" ")}`, { skip }, () => {
      tf.tidy(() => {
        const layer = layerOf(kernel, channels[0], channels[1]);
        const x = made<tf.Tensor4D>("x", [...images, channels[0]]);
        const side = made<tf.Tensor4D>("side", [...images, channels[1]]);
        const forms: Record<string, (x: tf.Tensor4D, side: tf.Tensor4D) => tf.Tensor> = {
          plain: layer.compute,
          rectified: (a) => relu(layer.compute(a)),
          joined: (a, b) => tf.add(b, layer.compute(a)),
          "joined and rectified": (a, b) => relu(tf.add(layer.compute(a), b)),
        };
        for (const [form, compute] of Object.entries(forms)) {
          const traced = trace(compute, { name: form });
          const [actual, expected] = [traced.sync(x, side), compute(x, side)];
          assert.deepEqual(actual.shape, expected.shape);
          if (x.size > 0) assert.ok(distance(actual, expected) < 2e-5, `${form}: off by ${distance(actual, expected)}`);
          traced.dispose();
        }
        layer.dispose();
      });
    });
  }
} // prettier-ignore

test("what is prepared of variables follows what is assigned to them, by whatever", { skip }, async () => {
  const layer = layerOf(3, 64, 64);
  const [gamma, mean] = [tf.variable(tf.ones([64])), tf.variable(tf.zeros([64]))];
  const one = tf.ones([64]);
  const x = made<tf.Tensor4D>("x", [1, 6, 6, 64]);
  const compute = (a: tf.Tensor4D): tf.Tensor4D => {
    const folded = foldBatchNorm(layer.weights, gamma, layer.biases, mean, one);
    return relu(addBiases(convolve(a, folded.weights), folded.biases));
  };
  const traced = trace(compute, { name: "folded" });
  const outer = trace((a: tf.Tensor4D) => traced.sync(a), { name: "outer" });
  const train = trace(() => {
    layer.weights.assign(layer.weights.mul(0.5));
    return [];
  }, { name: "train" });
  const changes: (() => void | Promise<unknown>)[] = [
    () => undefined,
    () => tf.tidy(() => layer.weights.assign(tf.mul(layer.weights, 2))),
    () => tf.tidy(() => gamma.assign(tf.fill([64], 3))),
    () => train(),
    () => mean.assign(layer.biases),
    () => tf.tidy(() => layer.weights.assign(layer.weights.clone())),
  ];
  for (const [i, change] of changes.entries()) {
    await change();
    for (const fn of [traced, outer]) {
      const actual = await fn(x);
      tf.tidy(() => assert.ok(distance(actual, compute(x)) < 5e-5, `change ${i}: ${distance(actual, compute(x))}`));
      actual.dispose();
    }
  }
  for (const compiled of [outer, traced, train]) compiled.dispose();
  layer.dispose();
  tf.dispose([gamma, mean, one, x]);
}); // prettier-ignore

test(
  "what is prepared is counted, computed once for many calls, and freed with its function",
  { skip },
  async () => {
    const layer = layerOf(3, 64, 64);
    const x = made<tf.Tensor4D>("x", [1, 6, 6, 64]);
    tf.dispose(tf.tidy(() => layer.compute(x)));
    const before = memory();
    const traced = trace((a: tf.Tensor4D) => layer.compute(a), { name: "layer" });
    for (let i = 0; i < 3; i++) tf.dispose(await traced(x));
    const { tensors, functions } = memory();
    assert.deepEqual([tensors - before.tensors, functions - before.functions], [1, 2]);
    for (let i = 0; i < 3; i++) {
      tf.tidy(() => layer.weights.assign(layer.weights.mul(2)));
      tf.dispose(await traced(x));
    }
    assert.equal(memory().tensors, tensors);
    traced.dispose();
    assert.deepEqual(memory(), before);
    layer.dispose();
    x.dispose();
  },
);

test("what variables that a function does not assign add to a loss is computed once, and again when they have changed", async () => {
  const before = memory();
  const [trained, frozen] = ["trained", "frozen"].map((key) => tf.tidy(() => tf.variable(made(key, [64, 64]))));
  const x = made("x", [64, 64]);
  assert.ok(trained !== undefined && frozen !== undefined);
  const lossOf = (a: tf.Tensor): tf.Scalar => tf.addN([l2Loss(frozen), l2Loss(trained), a.matMul(frozen).mean()]);
  const step = trace((a: tf.Tensor) => {
    const loss = lossOf(a);
    trained.assign(trained.mul(0.5));
    return loss;
  }, { name: "step" });
  const { tensors } = memory();
  for (let i = 0; i < 4; i++) {
    if (i === 2) tf.tidy(() => frozen.assign(frozen.mul(3)));
    const expected = tf.tidy(() => lossOf(x).dataSync()[0] ?? NaN);
    const actual = await step(x);
    assert.ok(Math.abs((actual.dataSync()[0] ?? NaN) / expected - 1) < 1e-6, `step ${i}`);
    actual.dispose();
    assert.equal(memory().tensors, tensors + 1);
  }
  step.dispose();
  tf.dispose([trained, frozen, x]);
  assert.deepEqual(memory(), before);
}); // prettier-ignore

test("NaN and infinity come through a packed layer", { skip }, () => {
  tf.tidy(() => {
    for (const kernel of [1, 3]) {
      const layer = layerOf(kernel, 64, 64);
      layer.weights.assign(layer.weights.abs().add(1));
      const traced = trace((x: tf.Tensor4D) => relu(layer.compute(x)), { name: "layer" });
      const first = (value: number): number =>
        traced.sync(tf.fill<tf.Rank.R4>([1, 1, 1, 64], value)).dataSync()[0] ?? 0;
      assert.ok(Number.isNaN(first(NaN)));
      assert.equal(first(-3), 0);
      if (kernel === 1) assert.equal(first(Infinity), Infinity); // of 3 x 3 infinities may take each other off
      traced.dispose();
      layer.dispose();
    }
  });
});

test("layers whose weights are arguments, trained or of other forms are TensorFlow's", { skip }, () => {
  tf.tidy(() => {
    const layer = layerOf(3, 64, 64);
    const x = made<tf.Tensor4D>("x", [1, 6, 6, 64]);
    const plain = trace((a: tf.Tensor4D, w: tf.Tensor4D) => convolve(a, w), { name: "plain" });
    plain.sync(x, layer.weights as unknown as tf.Tensor4D);
    const open = trace((a: tf.Tensor4D) => layer.compute(a), { name: "open", batch: "any" });
    open.sync(x);
    for (const traced of [plain, open]) {
      assert.ok(!nodesOf(traced.graph()).some(({ op }) => op.includes("Pack")));
      assert.ok(traced.signatures().every(({ operations }) => operations < 5));
      traced.dispose();
    }
    layer.dispose();
  });
});
